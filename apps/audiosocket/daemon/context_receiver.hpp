// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "admin/call_directory.hpp"
#include "daemon/context_stream.hpp"
#include "daemon/server_report.hpp"

#include <audiosocket/net/file_descriptor.hpp>

#include <boost/asio/io_context.hpp>
#include <boost/asio/local/stream_protocol.hpp>
#include <boost/asio/steady_timer.hpp>

#include <chrono>
#include <cstddef>
#include <memory>
#include <optional>
#include <vector>

namespace audiosocket::app {

/// Receives the announcements that the predecessor of this process hands over. Used on one thread.
class context_receiver {
  public:
    /// Prepares to receive. `directory` is null if the verb takes no announcements. If the predecessor `sends`, calls
    /// without an announcement wait from now on. The predecessor may take `receive_time`; it usually needs
    /// milliseconds.
    context_receiver(boost::asio::io_context& io, std::shared_ptr<admin::call_directory> directory, bool sends,
                     server_report& report, std::chrono::nanoseconds receive_time = std::chrono::seconds(10));

    /// Returns whether announcements are still expected.
    bool expects() const noexcept { return expects_; }

    /// Reads the announcements from the channel to the predecessor. If that fails, or `channel` is empty, this is
    /// reported, and nothing is expected any more.
    void start(file_descriptor channel);

    /// Stops reading. What has not arrived is reported as lost.
    void stop() { end("this process stops"); }

  private:
    /// The most bytes of one read, so that calls on this thread go on between the reads.
    static constexpr std::size_t piece_bytes_max = std::size_t{64} << 10;

    void read();
    void take(std::size_t bytes);
    void end(const char* why);

    const std::shared_ptr<admin::call_directory> directory_;
    server_report& report_;
    const std::chrono::nanoseconds receive_time_;
    boost::asio::local::stream_protocol::socket channel_;
    boost::asio::steady_timer timer_;
    std::optional<context_reader> reader_;
    std::vector<std::byte> buffer_;
    std::size_t kept_ = 0;
    std::size_t refused_ = 0;
    bool expects_ = false;
};

} // namespace audiosocket::app
