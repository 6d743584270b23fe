// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <audiosocket/audio/clip.hpp>
#include <audiosocket/call/call_monitor.hpp>
#include <audiosocket/call/call_options.hpp>
#include <audiosocket/call/call_statistics.hpp>
#include <audiosocket/call/event.hpp>
#include <audiosocket/call/play_result.hpp>
#include <audiosocket/call/session_action.hpp>

#include <cstddef>
#include <memory>
#include <optional>
#include <span>
#include <string>

namespace audiosocket {

namespace detail {
class engine_hooks;
}

/// The rules of one call, without a socket and without a clock.
///
/// The contract: *give the session what arrived (bytes, and the time now). Then take out what it wants to send and the
/// events it has, until it names the next deadline.* The driver does that with poll(), which returns one action at a
/// time:
///
/// \code
/// session s{role::server, {}, clock::now()};
/// for (;;) {
///     session_action next = s.poll(clock::now());
///     switch (next.what) {
///     case session_action::type::deliver: handle(*next.event); break; // it may play, clear or hang up from within
///     case session_action::type::transmit:
///         send(next.bytes); // whole, with one call; or s.connection_failed(error, clock::now())
///         s.transmitted(clock::now());
///         break;
///     case session_action::type::shut_down: shut_down_sending(); break;
///     case session_action::type::close: close_socket(); return;
///     case session_action::type::wait:
///         // Wait until bytes arrive or next.until comes; then none or one of
///         s.receive(bytes, clock::now());   s.receive_end(clock::now());   s.connection_failed(error, clock::now());
///     }
/// }
/// \endcode
///
/// The order of actions: a FIN as soon as nothing is left to send, then events, then messages. So the application's
/// reaction to an event goes out at once.
///
/// A driver that cannot send or deliver at the moment says so (driver_readiness) and still gets the other actions.
/// While a message is being sent, it polls without `transmit`, and calls transmitted() at the end.
///
/// transmit(), next_event(), sending_done(), closed() and deadline() are the parts of poll(), for a driver that needs
/// another order.
///
/// The times that you pass must never go back. In steady state no function allocates. Not safe for use by several
/// threads at once.
class AUDIOSOCKET_EXPORT session {
  public:
    /// Makes the answering side of a call whose connection was made at `now`. `side` must be role::server: the calling
    /// side has an id, so it uses the other constructor. Throws std::invalid_argument for role::caller, or for options
    /// that validate() refuses.
    session(role side, const call_options& options, time_point now);

    /// Makes the calling side of a call, which sends this id first. Throws std::invalid_argument for options that
    /// validate() refuses.
    session(const uuid& id, const call_options& options, time_point now);

    ~session();
    /// Moves the state of the other here. The other may then only be destroyed or assigned to.
    session(session&&) noexcept;
    /// Replaces the state by that of the other. The other may then only be destroyed or assigned to.
    session& operator=(session&&) noexcept;

    // --- What happens on the wire ---

    /// Takes bytes that arrived. They may be split anywhere, and need not stay valid after the call.
    void receive(std::span<const std::byte> bytes, time_point now);

    /// Takes note that the peer closed its sending side.
    void receive_end(time_point now);

    /// Takes note that the connection failed or was reset. Nothing more can be sent or received.
    void connection_failed(error_code error, time_point now);

    // --- What the driver has to do ---

    /// Returns the next action that the driver is ready for. If there is none, acts on the deadlines that have passed.
    /// If that gives no action either, returns `wait` or `close`. It may be called at any time, also from a handler of
    /// an event.
    ///
    /// `transmit` is returned again, with the same bytes, until transmitted() is called or the driver is not ready to
    /// transmit. While the driver is not ready to transmit, `until` leaves out frames. While it is not ready for
    /// events, they stay in the queue. `close` does not wait for them; poll for them after it.
    [[nodiscard]] session_action poll(time_point now, driver_readiness ready = {});

    /// Acts on the deadlines that have passed at `now`. Has no effect if there are none.
    void advance(time_point now);

    /// Returns one message to send now, whole and with one system call; empty if there is none. Returns the same
    /// message until transmitted(). The view is valid until then.
    std::span<const std::byte> transmit();

    /// Takes note that the message from transmit() or poll() has been sent.
    void transmitted(time_point now);

    /// Returns the next event, or nothing. Views in it are valid until the next call of next_event() or poll().
    std::optional<event> next_event();

    /// Returns the next report about a sound with a ticket, or nothing. It may be called at any time. A driver that
    /// gives tickets calls it after each poll().
    ///
    /// Reports are not events: they come whether or not the application takes its events. They come in the order of the
    /// playout queue, each exactly once: when the last frame with the sound has been sent, after a clear, or at the
    /// latest when closed() is true.
    std::optional<play_report> take_report();

    /// Returns whether nothing more will be sent: shut the sending side down (FIN), and keep reading until closed().
    bool sending_done() const noexcept;

    /// Returns whether the call has ended completely: close the socket.
    bool closed() const noexcept;

    /// Returns when advance() is due next, or time_point::max() if closed.
    time_point deadline() const noexcept;

    // --- What is known of the call ---

    /// Returns the id of the call, or nothing until it has arrived. The reference is valid as long as the session.
    const std::optional<uuid>& id() const noexcept;

    /// Returns the format of the peer's audio; before the first audio, the expected format.
    media_format receive_format() const noexcept;

    /// Returns the format that we send.
    media_format send_format() const noexcept;

    /// Returns the counters of the call so far. The reference is valid as long as the session.
    const call_statistics& statistics() const noexcept;

    // --- What the application does. Each returns usage_errc::call_ended once the call is ending. ---

    /// Queues a copy of samples for playing, of any rate from 4,000 to 768,000 Hz. They are resampled to the call's
    /// rate as they are sent. Errors, with nothing queued: `usage_errc::playout_full` if the queue would exceed
    /// call_options::playout_queue; `usage_errc::unsupported_rate`.
    error_code play(std::span<const std::int16_t> samples, int rate_hz);

    /// Queues a clip, which is shared and not copied. It may exceed the bound of the queue by its own length. Errors,
    /// with nothing queued: `usage_errc::playout_full` if the queue has reached its bound already;
    /// `usage_errc::unsupported_rate`.
    error_code play(clip sound);

    /// Queues a clip, and a report of it with this ticket (take_report). As with a mark, an empty queue behind it is
    /// not an underrun. The errors of play() and of mark(), with nothing queued.
    error_code play(clip sound, play_ticket ticket);

    /// Queues a report with this ticket about the last `audio` (a length) before it. The errors of mark().
    error_code mark(play_ticket ticket, std::chrono::nanoseconds audio);

    /// Queues a mark: a played_event follows when all audio before it has been sent. An empty queue behind a mark is
    /// not an underrun. Error: `usage_errc::playout_full` while 10,000 marks and tickets are pending or wait to be
    /// taken.
    error_code mark(std::string name);

    /// Stops playing within one frame, and empties the queue. A cleared_event follows for each mark.
    error_code clear();

    /// Sends silence until resume(). The queue stays as it is.
    error_code pause();

    /// Continues the queue where pause() stopped. Has no effect without a pause.
    error_code resume();

    /// Returns how much audio is queued and not sent yet.
    std::chrono::milliseconds queued() const noexcept;

    /// Sends a digit, ahead of the queued audio. Errors: `usage_errc::caller_only` on the answering side;
    /// `usage_errc::not_a_dtmf_digit`; `usage_errc::playout_full` while 64 digits wait for the network.
    error_code send_dtmf(char digit);

    /// Ends the call: sends a hangup message and a FIN, then reads for at most call_options::hangup_timeout.
    error_code hang_up();

    /// Ends the call as hang_up() does, but only when the playout queue is empty and call_options::hangup_silence has
    /// passed behind the last audio. Does so at once if both are true already. Waits while playing is paused. Audio
    /// can be queued until the queue is empty; later play() returns `usage_errc::call_ended`.
    error_code hang_up_when_played();

    /// Sets the monitor that observes the audio of both sides; null removes it. It must outlive the session, or be
    /// replaced before it is destroyed.
    void set_monitor(call_monitor* monitor) noexcept;

  private:
    friend detail::engine_hooks;

    struct AUDIOSOCKET_HIDDEN impl;
    std::unique_ptr<impl> impl_;
};

} // namespace audiosocket
