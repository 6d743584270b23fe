// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "diagnosis/stream_judge.hpp"

#include <audiosocket/asterisk/reader.hpp>

#include <audiosocket/call/session.hpp>
#include <audiosocket/net/connect.hpp>
#include <audiosocket/net/error.hpp>

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/steady_timer.hpp>

#include <array>
#include <functional>
#include <memory>
#include <optional>
#include <vector>

namespace audiosocket::app::caller {

/// What the caller is.
struct caller_identity {
    std::optional<asterisk::release>
        as; ///< One release, with all its behaviour; unset: a caller who tolerates everything.
    asterisk::interface through = asterisk::interface::application;
};

/// A call that is placed by this process; readers of all known releases of Asterisk get the same bytes.
///
/// What is sent follows the library's rules (session). With a release, its reader decides about the connection. A fault
/// that would have ended the call in that release ends it here, at the same time and in the same way. Each message is
/// written once, without waiting, and nothing is sent while the release would be blocked in a read. One io_context, one
/// thread.
class placed_call : public std::enable_shared_from_this<placed_call> {
  public:
    using event_handler = std::function<void(const event&)>;
    using up_handler = std::function<void(boost::system::error_code)>;

    placed_call(boost::asio::io_context& io, const uuid& id, const connect_options& options,
                const caller_identity& who);

    /// Connects. Calls `up` with the outcome, and then `on_event` with each event; ended_event is the last.
    void start(const address& where, up_handler up, event_handler on_event);

    void play(const clip& sound, const std::string& mark);
    bool send_dtmf(char digit); ///< Returns false if the call has ended.
    void hang_up();
    void set_monitor(call_monitor* monitor) noexcept { session_->set_monitor(monitor); }

    media_format receive_format() const noexcept { return session_->receive_format(); }
    const call_statistics& statistics() const noexcept { return session_->statistics(); }

    /// Returns the faults of the server's audio and framing. Called after the call has ended.
    std::vector<diagnosis::finding> findings();

    /// Returns the readers of all releases that could place this call, oldest first.
    const std::vector<asterisk::reader>& readers() const noexcept { return readers_; }
    /// Returns the reader of the release of --as.
    const std::optional<asterisk::reader>& ruling() const noexcept { return ruling_; }

  private:
    using tcp = boost::asio::ip::tcp;

    void connected(io_error error);
    void read();
    void take();
    io_error read_all();
    void end_stream(io_error error);
    void pump();
    bool perform_next(driver_readiness& ready);
    void shut_down();
    bool can_send() const;
    void send_due();
    bool send(std::span<const std::byte> message);
    void send_rest(std::span<const std::byte> rest);
    void obey_ruling();
    void leave();
    void arm_timer();
    void each_reader(const std::function<void(asterisk::reader&)>& what);

    // Limit of one reading from the kernel: several of the longest messages, so that a message is not split by us.
    static constexpr std::size_t look_bytes = 512 * 1024;

    const connect_options options_;
    const caller_identity who_;
    const uuid id_;
    tcp::resolver resolver_;
    tcp::socket socket_;
    boost::asio::steady_timer timer_;
    std::optional<session> session_; // set when connected
    diagnosis::stream_judge judge_{diagnosis::sender::server};
    std::vector<asterisk::reader> readers_;
    std::optional<asterisk::reader> ruling_;
    up_handler up_;
    event_handler on_event_;
    std::vector<std::byte> buffer_ = std::vector<std::byte>(look_bytes);
    bool judging_ = true; // Asterisk does not see what the server does after it has hung up
    bool stream_ended_ = false;
    bool sending_ = false; // the rest of a message is being sent
    bool pumping_ = false;
};

} // namespace audiosocket::app::caller
