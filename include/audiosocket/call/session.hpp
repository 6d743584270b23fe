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
/// The contract: *give the session what arrived (bytes, and the time now), then take out what it wants to send and the
/// events it has, until it names the next deadline.* A driver does that with poll(), which returns one action at a
/// time:
///
/// \code
/// session s{role::server, {}, clock::now()};
/// for (;;) {
///     session_action next = s.poll(clock::now());
///     switch (next.what) {
///     case session_action::type::deliver: handle(*next.event); break; // it may play, clear or hang up from in there
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
/// The order: a FIN as soon as nothing is left to send, then events, then messages. So what the application does about
/// an event goes out at once. A driver that can send nothing or deliver nothing at the moment says so
/// (driver_readiness) and still gets the rest: while a message is on its way it polls without `transmit`, and calls
/// transmitted() in the end. transmit(), next_event(), sending_done(), closed() and deadline() are the parts of poll(),
/// for a driver that wants another order.
///
/// Every member that takes a time expects times that never go back. In steady state nothing here allocates.
/// Not safe for use from several threads at once.
class AUDIOSOCKET_EXPORT session {
  public:
    /// The answering side of a call that connected just now; `side` is role::server (a caller has an id to say, see the
    /// other constructor).
    /// Throws std::invalid_argument for options that validate() refuses, or role::caller.
    session(role side, const call_options& options, time_point now);

    /// The calling side: sends this id first.
    /// Throws std::invalid_argument for options that validate() refuses.
    session(const uuid& id, const call_options& options, time_point now);

    ~session();
    /// Takes over the state of the other, which may then only be destroyed or assigned to.
    session(session&&) noexcept;
    /// Takes over the state of the other in place of its own. The other may then only be destroyed or assigned to.
    session& operator=(session&&) noexcept;

    // --- What happens on the wire ---

    /// Takes bytes that arrived. They may be split anywhere; nothing refers to them afterwards.
    void receive(std::span<const std::byte> bytes, time_point now);

    /// The peer closed its sending side.
    void receive_end(time_point now);

    /// The connection failed or was reset; nothing more can be sent or received.
    void connection_failed(error_code error, time_point now);

    // --- What the driver has to do ---

    /// Returns the next thing to do, of those that the driver is ready for. If there is none, acts on the deadlines
    /// that have come; if they leave nothing to do either, returns `wait` or `close`. It may be called at any time,
    /// from a handler of an event as well.
    ///
    /// `transmit` comes again with the same bytes until transmitted() is called or the driver is not ready for it.
    /// While the driver is not ready to transmit, `until` leaves out frames. While it is not ready for events, they
    /// stay in the queue; `close` does not wait for them, and they can be polled for after it.
    [[nodiscard]] session_action poll(time_point now, driver_readiness ready = {});

    /// Lets time pass: acts on the deadlines that have come. Harmless at any other time.
    void advance(time_point now);

    /// Returns one message to send now, whole and with one system call; empty when there is none. The same until
    /// transmitted(). The view is valid until then.
    std::span<const std::byte> transmit();

    /// What transmit() or poll() returned has been sent.
    void transmitted(time_point now);

    /// Returns the next event, or nothing. Views in it are valid until the next one is asked for.
    std::optional<event> next_event();

    /// Returns the next report about a sound with a ticket, or nothing. A driver that gives tickets asks after each
    /// poll(). Reports are not events: they come whether or not the application takes its events. They come in the
    /// order of the playout queue, each exactly once: when the last frame with the sound has been sent, or after a
    /// clear, and at the latest when closed(). It may be called at any time.
    std::optional<play_report> take_report();

    /// Whether nothing will be sent any more: shut the sending side down (FIN), and keep reading until closed().
    bool sending_done() const noexcept;

    /// Whether the call is over in every respect: close the socket.
    bool closed() const noexcept;

    /// Returns when advance() is due next; time_point::max() when closed.
    time_point deadline() const noexcept;

    // --- What is known of the call ---

    /// The call's id, once it has arrived.
    const std::optional<uuid>& id() const noexcept;

    /// What the peer's audio turned out to be; before the first audio, what is expected.
    media_format receive_format() const noexcept;

    /// What we send.
    media_format send_format() const noexcept;

    /// Returns what has been counted so far. Valid as long as the session.
    const call_statistics& statistics() const noexcept;

    // --- What the application does. Each returns usage_errc::call_ended once the call is ending. ---

    /// Queues samples for playing, of any rate from 4,000 to 768,000 Hz; they are copied, and resampled to the call's
    /// rate as they go out. `usage_errc::playout_full` (and nothing is queued) beyond call_options::playout_queue;
    /// `usage_errc::unsupported_rate`.
    error_code play(std::span<const std::int16_t> samples, int rate_hz);

    /// Queues a clip. It is shared, not copied, and may exceed the bound of the queue by its own length.
    /// `usage_errc::playout_full` (and nothing is queued) when the queue has reached its bound already;
    /// `usage_errc::unsupported_rate`.
    error_code play(clip sound);

    /// Queues a clip as play() does, and a report of it with this ticket (take_report). Like a mark it says that
    /// nothing follows at once. The errors of play(), and those of mark() for the report; then nothing is queued.
    error_code play(clip sound, play_ticket ticket);

    /// Queues a report of the last audio before it, as long as `audio`. The errors of mark().
    error_code mark(play_ticket ticket, std::chrono::nanoseconds audio);

    /// Queues a mark: a played_event comes when all audio before it has been sent. A mark also says that nothing
    /// follows at once, so that running dry behind it is not an underrun. `usage_errc::playout_full` while 10,000
    /// marks and tickets are pending or wait to be taken.
    error_code mark(std::string name);

    /// Stops what is being played, within one frame, and empties the queue; a cleared_event comes for each mark.
    error_code clear();

    /// Sends silence until resume(); the queue stays as it is.
    error_code pause();

    /// Goes on with the queue where pause() stopped. Harmless without a pause.
    error_code resume();

    /// Audio queued and not sent yet.
    std::chrono::milliseconds queued() const noexcept;

    /// Sends a digit, ahead of the audio that is queued; on the calling side only (`usage_errc::caller_only`).
    /// `usage_errc::not_a_dtmf_digit`; `usage_errc::playout_full` while 64 digits wait for the network.
    error_code send_dtmf(char digit);

    /// Ends the call in an orderly way: hangup message, FIN, and reading on for at most hangup_timeout.
    error_code hang_up();

    /// The same as soon as the playout queue has run empty: at once if it is, and not while playing is paused.
    error_code hang_up_when_played();

    /// Lets a monitor hear both sides; null to stop. It must live as long as the session or until replaced.
    void set_monitor(call_monitor* monitor) noexcept;

  private:
    friend detail::engine_hooks;

    struct AUDIOSOCKET_HIDDEN impl;
    std::unique_ptr<impl> impl_;
};

} // namespace audiosocket
