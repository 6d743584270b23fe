#pragma once

#include <audiosocket/audio/clip.hpp>
#include <audiosocket/call/call_monitor.hpp>
#include <audiosocket/call/call_options.hpp>
#include <audiosocket/call/call_statistics.hpp>
#include <audiosocket/call/call_tally.hpp>
#include <audiosocket/call/event.hpp>

#include <cstddef>
#include <memory>
#include <optional>
#include <span>
#include <string>

namespace audiosocket {

/// The rules of one call, without a socket and without a clock.
///
/// The contract: *give the session what arrived (bytes, and the time now), then take out what it wants to send and the
/// events it has, until it names the next deadline.* In a loop:
///
/// \code
/// session s{role::server, {}, clock::now()};
/// while (!s.closed()) {
///     // wait until bytes arrive, a send completes, or s.deadline() comes; then one of
///     s.receive(bytes, now);   s.receive_end(now);   s.transmitted(now);   s.advance(now);
///     // and always
///     if (auto bytes = s.transmit(); !bytes.empty()) // send them whole, with one call; then s.transmitted(now)
///     if (s.sending_done())                          // shut the sending side of the socket down
///     while (auto e = s.next_event())                // tell the program
/// }
/// \endcode
///
/// Every member that takes a time expects times that never go back. In steady state nothing here allocates.
/// Not safe for use from several threads at once.
class AUDIOSOCKET_EXPORT session {
  public:
    /// The answering side of a call that connected just now; `side` is role::server (a caller has an id to say, see the
    /// other constructor).
    /// @throws std::invalid_argument for options that validate() refuses, or role::caller.
    session(role side, const call_options& options, time_point now);

    /// The calling side: sends this id first.
    /// @throws std::invalid_argument for options that validate() refuses.
    session(const uuid& id, const call_options& options, time_point now);

    ~session();
    session(session&&) noexcept;
    session& operator=(session&&) noexcept;

    // --- What happens on the wire ---

    /// Bytes arrived. They may be split anywhere; nothing refers to them afterwards.
    void receive(std::span<const std::byte> bytes, time_point now);

    /// The peer closed its sending side.
    void receive_end(time_point now);

    /// The connection failed or was reset; nothing more can be sent or received.
    void connection_failed(error_code error, time_point now);

    /// Time passed. Call it when deadline() has come; calling it at any other time is harmless.
    void advance(time_point now);

    /// One message to send now, whole and with one system call; empty when there is none. The same until transmitted().
    /// The view is valid until then.
    std::span<const std::byte> transmit();

    /// The network took only a part of what transmit() returned, or nothing, and the rest is still to go: for the
    /// counters.
    void transmit_stalled() noexcept;

    /// What transmit() returned has been sent.
    void transmitted(time_point now);

    /// Nothing will be sent any more: shut the sending side down (FIN), and keep reading until closed().
    bool sending_done() const noexcept;

    /// The call is over in every respect: close the socket.
    bool closed() const noexcept;

    /// When advance() is due next; time_point::max() when closed.
    time_point deadline() const noexcept;

    /// When our next frame belongs; time_point::max() while there is none to send. It may be in the past: a frame waits
    /// up to 15 ms for audio that is late in the middle of what is played.
    time_point frame_time() const noexcept;

    /// Lets all frames to come be due this much later, or earlier if negative; they move there by 1 ms a frame. For a
    /// transport that looks for what the peer sends only when a frame is due, and wants to find it there.
    void shift_frames(std::chrono::nanoseconds by) noexcept;

    // --- What the program is told ---

    /// The next event, or nothing. Views in it are valid until the next one is asked for.
    std::optional<event> next_event();

    /// The call's id, once it has arrived.
    const std::optional<uuid>& id() const noexcept;

    /// What the peer's audio turned out to be; before the first audio, what is expected.
    media_format receive_format() const noexcept;

    /// What we send.
    media_format send_format() const noexcept;

    const call_statistics& statistics() const noexcept;

    // --- What the program does. Each returns usage_errc::call_ended once the call is ending. ---

    /// Queues samples for playing, of any rate from 4,000 to 768,000 Hz; they are copied, and resampled to the call's
    /// rate as they go out. `usage_errc::playout_full` (and nothing is queued) beyond call_options::playout_queue.
    error_code play(std::span<const std::int16_t> samples, int rate_hz);

    /// Queues a clip. It is shared, not copied, and may exceed the bound by its own length. Errors as above.
    error_code play(clip sound);

    /// Queues a mark: played_event tells when all audio before it has been sent. A mark also says that nothing follows
    /// at once, so that running dry behind it is no underrun. `usage_errc::playout_full` while 10,000 marks are pending
    /// or untold.
    error_code mark(std::string name);

    /// Stops what is being played, within one frame, and empties the queue; cleared_event tells of each mark.
    error_code clear();

    /// Sends silence until resume(); the queue stays as it is.
    error_code pause();
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

    /// Counts in this as well; null to stop. It must live as long as the session or until replaced.
    void set_tally(call_tally* tally) noexcept;

  private:
    struct AUDIOSOCKET_HIDDEN impl;
    std::unique_ptr<impl> impl_;
};

} // namespace audiosocket
