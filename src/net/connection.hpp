#pragma once

#include <audiosocket/call/session.hpp>
#include <audiosocket/net/detail/completion.hpp>

#include <boost/asio/basic_stream_socket.hpp>
#include <boost/asio/basic_waitable_timer.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>

#include <array>
#include <atomic>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace audiosocket::detail {

using io_executor = boost::asio::io_context::executor_type;
using tcp_socket = boost::asio::basic_stream_socket<boost::asio::ip::tcp, io_executor>;
using io_timer = boost::asio::basic_waitable_timer<clock, boost::asio::wait_traits<clock>, io_executor>;

/// A media_format that one thread writes and others read. Its two bytes go into one number, because Clang has no
/// lock-free atomic of a structure.
class shared_format {
  public:
    media_format load() const noexcept {
        const std::uint16_t both = both_;
        return {static_cast<kind>(both >> 8), static_cast<encoding>(both & 0xff)};
    }
    void store(const media_format& f) noexcept {
        both_ = static_cast<std::uint16_t>(static_cast<unsigned>(f.kind) << 8 | static_cast<unsigned>(f.encoding));
    }

  private:
    std::atomic<std::uint16_t> both_ = 0;
};

/// A session and its socket: performs what the session asks for.
///
/// Everything here happens on the socket's io_context, except the members marked as safe from any thread, which check
/// what can be checked (the atomics mirror the session) and hand the rest over. The one place where things move is
/// pump(), called after anything happened.
class connection : public std::enable_shared_from_this<connection> {
  public:
    connection(tcp_socket socket, session rules, const call_options& options);

    /// Starts reading and sending. `on_up` is called once: when the call is up, with true, or when it has ended without
    /// ever having been up, with false.
    void start(std::function<void(bool up)> on_up);

    /// Is called once when the socket is closed.
    void on_closed(std::function<void()> tell) { on_closed_ = std::move(tell); }

    /// Ends the connection without ceremony, for this reason, while it is not up yet.
    void drop(boost::system::error_code why);

    // Safe from any thread.

    io_executor get_executor() const noexcept { return executor_; }
    const uuid& id() const noexcept { return id_; } // once up
    const boost::asio::ip::tcp::endpoint& peer() const noexcept { return peer_; }
    bool ended() const noexcept { return ended_; }
    std::chrono::milliseconds queued() const noexcept { return std::chrono::milliseconds(queued_ms_); }
    media_format receive_format() const noexcept { return receive_format_.load(); }
    media_format send_format() const noexcept { return send_format_.load(); }

    void start_wait(completion<event> waiter);
    void cancel_wait();
    void abandon();

    error_code play(std::span<const std::int16_t> samples, int rate_hz);
    void set_monitor(std::shared_ptr<call_monitor> monitor);

    error_code hang_up_when_played();

    /// Runs `action(session&)` on the io_context: at once and with its result where that is where we are; otherwise
    /// later, and the result is what could be told beforehand.
    template <class Action>
    error_code apply(Action action);

    // On the io_context only.

    const call_statistics& statistics() const noexcept { return session_.statistics(); }

    /// The reason, once ended without having been up.
    const ended_event& end() const noexcept { return end_; }

  private:
    // When a handler that the pump has events for may run: at once, or after the function that was called has returned.
    enum class handlers { now, later };

    struct alive;

    void read();
    std::size_t wanted_bytes() const noexcept;
    void take(boost::system::error_code error, std::size_t bytes);
    void pump(handlers run = handlers::now);
    void send_due();
    void send_rest(std::span<const std::byte> rest);
    void send_failed(boost::system::error_code error);
    void take_events(handlers run);
    bool deliver(handlers run);
    void forget() noexcept;
    template <class Action>
    void on_executor(Action action);
    void arm_timer();
    void close();
    void publish();

    tcp_socket socket_;
    io_executor executor_;
    io_timer timer_;
    time_point timer_set_for_ = time_point::max();
    session session_;
    boost::asio::ip::tcp::endpoint peer_;
    uuid id_;
    ended_event end_;

    std::function<void(bool)> on_up_;
    std::function<void()> on_closed_;
    std::shared_ptr<call_monitor> monitor_;

    completion<event> waiter_;
    std::vector<std::int16_t> delivered_samples_; // what the event delivered last shows
    bool abandoned_ = false;                      // nobody will ask for events any more
    bool ends_when_played_ = false;               // the program asked for that
    bool end_delivered_ = false;

    bool pumping_ = false;
    bool pump_again_ = false;
    bool sending_ = false; // the kernel took a part of a message; the rest is under way
    bool fin_sent_ = false;
    bool closed_ = false;

    // Mirrors for other threads.
    std::atomic<bool> ended_ = false;
    std::atomic<std::int64_t> queued_ms_ = 0;
    std::atomic<std::int64_t> posted_ms_ = 0; // audio on its way here from another thread
    const std::int64_t playout_queue_ms_;
    shared_format receive_format_;
    shared_format send_format_;

    // One read's worth: twelve frames at 8 kHz, half a frame at 192 kHz.
    static constexpr std::size_t read_bytes = 4096;

    // Reads in a row before others have their turn: more than a whole message of the longest kind.
    static constexpr int reads_in_a_row = 20;
    std::array<std::byte, read_bytes> read_buffer_;
};

template <class Action>
void connection::on_executor(Action action) {
    if (executor_.running_in_this_thread()) return action();
    boost::asio::post(executor_, [self = shared_from_this(), action = std::move(action)]() mutable { action(); });
}

template <class Action>
error_code connection::apply(Action action) {
    if (executor_.running_in_this_thread()) {
        const error_code result = action(session_);
        publish();
        pump(handlers::later);
        return result;
    }
    if (ended()) return usage_errc::call_ended;
    boost::asio::post(executor_, [self = shared_from_this(), action = std::move(action)]() mutable {
        action(self->session_);
        self->pump();
    });
    return {};
}

} // namespace audiosocket::detail
