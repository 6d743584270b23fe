// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "admin/call_directory.hpp"
#include "daemon/server_report.hpp"
#include "service/successor.hpp"

#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>

#include <chrono>
#include <cstddef>
#include <memory>
#include <vector>

namespace audiosocket::app {

/// Sends the announcements whose calls have not arrived to the successor of this process. Used on one thread.
class context_sender {
  public:
    context_sender(boost::asio::io_context& io, server_report& report) : report_(report), channel_(io), timer_(io) {}

    /// Takes the channel to a successor that accepts connections. The channel is closed if it does not read.
    void set(successor::channel to, std::shared_ptr<admin::call_directory> from);

    /// Begins to send what `from` has, unless that has begun. The channel is closed when all is sent. If the successor
    /// does not read, and something waits, that is reported. Call it again, once a second, after std::bad_alloc.
    void start();

  private:
    using clock = std::chrono::steady_clock;

    /// How long the successor may take. It reads within milliseconds. This process does not end while it sends.
    static constexpr std::chrono::seconds send_time_max{10};

    void report_unread();
    void sent(const boost::system::error_code& error);
    void close();

    server_report& report_;
    successor::channel channel_;
    boost::asio::steady_timer timer_;
    std::shared_ptr<admin::call_directory> from_; // null once sending has begun
    clock::time_point end_by_{};
    std::vector<std::byte> bytes_; // empty until they are known
    std::size_t entries_ = 0;
};

} // namespace audiosocket::app
