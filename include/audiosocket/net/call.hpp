// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <audiosocket/audio/clip.hpp>
#include <audiosocket/call/call_monitor.hpp>
#include <audiosocket/call/call_options.hpp>
#include <audiosocket/call/call_statistics.hpp>
#include <audiosocket/call/event.hpp>
#include <audiosocket/call/play_result.hpp>
#include <audiosocket/net/detail/completion.hpp>

#include <boost/asio/async_result.hpp>
#include <boost/asio/deferred.hpp>
#include <boost/asio/ip/tcp.hpp>

#include <memory>
#include <optional>
#include <span>
#include <string>

namespace audiosocket {

namespace detail {
class connection;
}

/// One call in progress: what listener::async_accept and async_connect give.
///
/// From then on until the end the library keeps the call alive by itself: it sends a frame every ptime (silence where
/// there is nothing to play), reads whenever it sends, and drops what the application does not take in time, oldest
/// first. Reading begins with the first wait for an event, or after 100 ms without one; so a monitor that is set before
/// misses nothing.
///
/// Threads: the call lives on its `io_context`, which exactly one thread runs. Unless a member says otherwise, it may
/// be called on any thread, and on several at once, without a mutex. What one thread asks for happens in that order;
/// between threads there is no order. Not safe: a member on one thread while another one moves, assigns or destroys the
/// handle. An application that does long work in its handlers gives the calls an io_thread of their own and stays on
/// its own executor.
///
/// Members that act (play, mark, clear, pause, resume, send_dtmf, hang_up, hang_up_when_played) return at once. On the
/// thread of the call they return what the session answers. On another thread they report what can be known there: the
/// end of the call, wrong arguments, and a full playout queue. What only the session knows (a full queue of marks or
/// digits, a call that is just ending) comes too late there and is lost.
///
/// Lifetime: a handle may outlive its io_context. It then behaves as a call that has ended: members that act return
/// usage_errc::call_ended, and waits complete with `boost::asio::error::eof`.
///
/// Move-only. Dropping it hangs up in an orderly way, in the background; after hang_up_when_played() it is played to
/// its end first. An io_context that is destroyed meanwhile closes its calls at once, still with hangup and FIN.
class AUDIOSOCKET_EXPORT call {
  public:
    /// The executor of an io_context.
    using executor_type = boost::asio::io_context::executor_type;

    /// Makes no call. Only assignment, destruction and `operator bool` make sense.
    call() = default;

    /// Takes the call over; `other` is no call then. Waits in progress go on.
    call(call&& other) noexcept = default;

    /// Drops the call that this one was, and takes the other one over.
    call& operator=(call&& other) noexcept;

    /// Drops the call: hangs up, and ends a wait in progress with `boost::asio::error::operation_aborted`.
    ~call();

    /// Returns whether this is a call, in progress or ended.
    explicit operator bool() const noexcept { return connection_ != nullptr; }

    /// Returns the executor of the io_context on which the call lives. Work that touches the call often belongs there.
    executor_type get_executor() const noexcept;

    /// Returns the id that the calling side sent. Not unique: see uuid. Valid as long as the call.
    const uuid& id() const noexcept;

    /// Returns the address of the other end. Valid as long as the call.
    const boost::asio::ip::tcp::endpoint& peer() const noexcept;

    /// Waits for the next event: audio, a digit, a mark, the end.
    ///
    /// Completes with `void(boost::system::error_code, event)`, on the executor associated with the handler, by default
    /// get_executor(). Views in the event are valid until the next wait is started. After ended_event, which is the
    /// last one, completes with `boost::asio::error::eof`. One wait at a time; a second one completes with
    /// `boost::asio::error::in_progress`. Supports cancellation (all types): completes with `operation_aborted`. A
    /// cancelled wait loses no event: what it would have given is the first of the next wait, which must not start
    /// before the handler of the cancelled one has run. May be started on any thread. A deferred operation does not
    /// need the call to stay where it is; started after the call was dropped, it completes with `operation_aborted`.
    template <BOOST_ASIO_COMPLETION_TOKEN_FOR(void(boost::system::error_code, event))
                  CompletionToken = boost::asio::deferred_t>
    [[nodiscard("nothing starts without a token: pass a handler, use_awaitable or detached")]] auto
    async_next_event(CompletionToken&& token = CompletionToken()) {
        return async_next_event(clock::duration::max(), std::forward<CompletionToken>(token));
    }

    /// Waits for the next event, no longer than `timeout`: then completes with `boost::asio::error::timed_out`, and no
    /// event is lost. 0 gives an event only if there is one. duration::max() waits for ever. The time counts from the
    /// start of the wait, in steps of a millisecond. It costs no timer: the call looks at it when it sends and reads.
    /// Otherwise like the wait without a timeout.
    template <BOOST_ASIO_COMPLETION_TOKEN_FOR(void(boost::system::error_code, event))
                  CompletionToken = boost::asio::deferred_t>
    [[nodiscard("nothing starts without a token: pass a handler, use_awaitable or detached")]] auto
    async_next_event(clock::duration timeout, CompletionToken&& token = CompletionToken()) {
        return boost::asio::async_initiate<CompletionToken, void(boost::system::error_code, event)>(
            [](auto handler, std::shared_ptr<detail::connection> on, clock::duration limit) {
                auto& source = waits_of(*on);
                const auto wait =
                    detail::connect_slot(handler, source, [weak = std::weak_ptr(on)](detail::wait_number cancelled) {
                        cancel(weak, cancelled);
                    });
                start_wait(*on, {std::move(handler), executor_of(*on), wait}, limit);
            },
            token, connection_, timeout);
    }

    /// Plays a sound behind what is queued, and waits until it was played to its end or cut off.
    ///
    /// Completes with `void(boost::system::error_code, play_result)`. The result says how much of the sound was sent,
    /// and how much was cut off by clear(), by barge-in or by the end of the call. To be cut off is no error. Errors,
    /// with which nothing was queued: `usage_errc::playout_full` when the queue has reached its bound
    /// (call_options::playout_queue), or 10,000 marks are pending; `usage_errc::unsupported_rate`; and
    /// `usage_errc::call_ended`. The sound may exceed the bound of the queue by its own length, as in play(clip).
    ///
    /// It does not need the events: it completes whether or not the application waits for them. Several may be pending.
    /// They complete in their order. The events are those of play(): none when it was played, and a cleared_event with
    /// an empty name when it was cut off behind the last mark. As at a mark, nothing is expected to follow at once; for
    /// audio that comes piece by piece use playout_stream.
    ///
    /// Cancellation (all types) stops the waiting, with `operation_aborted`: the sound plays on; clear() cuts it off.
    ///
    /// Threads: may be called on any thread. The handler runs on its associated executor, by default get_executor(),
    /// and never within this call. Lifetime: the clip is kept as long as needed. The handle may be moved while the
    /// operation is pending; dropping it hangs up, and so completes the operation.
    template <BOOST_ASIO_COMPLETION_TOKEN_FOR(void(boost::system::error_code, play_result))
                  CompletionToken = boost::asio::deferred_t>
    [[nodiscard("nothing starts without a token: pass a handler, use_awaitable or detached")]] auto
    async_play(clip sound, CompletionToken&& token = CompletionToken()) {
        return initiate_play<CompletionToken>(std::move(sound), token);
    }

    /// Plays samples of `rate_hz` (4,000 to 768,000 Hz), and waits until they were played to their end or cut off.
    ///
    /// As async_play(clip), of which it has everything else. The samples are copied before this function returns, also
    /// where the token starts the operation later. They count as a clip: they may exceed the bound of the queue by
    /// their own length.
    template <BOOST_ASIO_COMPLETION_TOKEN_FOR(void(boost::system::error_code, play_result))
                  CompletionToken = boost::asio::deferred_t>
    [[nodiscard("nothing starts without a token: pass a handler, use_awaitable or detached")]] auto
    async_play(std::span<const std::int16_t> samples, int rate_hz, CompletionToken&& token = CompletionToken()) {
        return initiate_play<CompletionToken>(copy_of(samples, rate_hz), token);
    }

    /// Queues samples for playing: mono, 16 bits, at any rate from 4,000 to 768,000 Hz. Copies them, and resamples them
    /// to the rate of the call as they are sent, a frame every ptime.
    ///
    /// Errors, with nothing queued: `usage_errc::playout_full` if the queue would exceed call_options::playout_queue,
    /// `usage_errc::unsupported_rate`, `usage_errc::call_ended`.
    [[nodiscard]] error_code play(std::span<const std::int16_t> samples, int rate_hz);

    /// Queues a clip for playing. Shares it and copies nothing. It may exceed call_options::playout_queue by its own
    /// length.
    ///
    /// Errors, with nothing queued: `usage_errc::playout_full` if the queue has reached its bound already,
    /// `usage_errc::unsupported_rate`, `usage_errc::call_ended`.
    [[nodiscard]] error_code play(clip sound);

    /// Queues a mark: a played_event with this name comes when all audio before it was handed to the network, or a
    /// cleared_event if clear() took it out. Any name, also one that was used before. A mark also says that nothing
    /// follows at once, so that running dry behind it is not counted as an underrun.
    ///
    /// Errors: `usage_errc::playout_full` while 10,000 marks are pending, `usage_errc::call_ended`.
    [[nodiscard]] error_code mark(std::string name);

    /// Empties the playout queue: what is being played stops within one frame. A cleared_event comes for each mark that
    /// was not reached, and one with an empty name for audio behind the last mark. Errors: `usage_errc::call_ended`.
    error_code clear();

    /// Sends silence until resume(). The queue stays as it is. Errors: `usage_errc::call_ended`.
    error_code pause();

    /// Goes on with what pause() stopped; does nothing if nothing is paused. Errors: `usage_errc::call_ended`.
    error_code resume();

    /// Sends a DTMF digit (0-9, A-D, * or #), ahead of the audio that is queued. On the calling side only, because
    /// Asterisk takes none.
    ///
    /// Errors: `usage_errc::not_a_dtmf_digit`, `usage_errc::caller_only`, `usage_errc::playout_full` while 64 digits
    /// wait for the network, `usage_errc::call_ended`.
    [[nodiscard]] error_code send_dtmf(char digit);

    /// Ends the call in order: drops what is queued, sends the hangup message (on the answering side; Asterisk sends
    /// none) and FIN, and reads on until the peer has closed, at most call_options::hangup_timeout. Then ended_event
    /// comes. Errors: `usage_errc::call_ended`, which needs no care.
    error_code hang_up();

    /// Does what hang_up() does as soon as the playout queue is empty: at once if it is, and not while playing is
    /// paused. Nothing can be taken back; audio that is queued later is played as well. Errors:
    /// `usage_errc::call_ended`.
    error_code hang_up_when_played();

    /// Returns the length of the audio that is queued and not sent yet. What another thread has just queued counts.
    std::chrono::milliseconds queued() const noexcept;

    /// Returns what the peer's audio turned out to be; before the first audio, what is expected.
    media_format receive_format() const noexcept;

    /// Returns what we send.
    media_format send_format() const noexcept;

    /// Returns the counters so far. Valid as long as the call. Only on get_executor(), or after ended_event was
    /// delivered.
    const call_statistics& statistics() const noexcept;

    /// Lets a monitor hear both sides, on get_executor(), from now on; null to stop. Replaces the one before. The call
    /// shares it until it is replaced, the handle is dropped, or the io_context goes.
    void set_monitor(std::shared_ptr<call_monitor> monitor);

  private:
    friend detail::connection;

    explicit call(std::shared_ptr<detail::connection> connection) noexcept;

    static detail::wait_source<event>& waits_of(detail::connection& on) noexcept;
    static executor_type executor_of(const detail::connection& on) noexcept;
    static void start_wait(detail::connection& on, detail::completion<event> waiter, clock::duration timeout);
    static void cancel(const std::weak_ptr<detail::connection>& waiting, detail::wait_number wait);

    // The operation has the connection and not the handle, which may move.
    template <class CompletionToken>
    auto initiate_play(std::optional<clip> sound, CompletionToken& token) {
        return boost::asio::async_initiate<CompletionToken, void(boost::system::error_code, play_result)>(
            [](auto handler, const std::shared_ptr<detail::connection>& line, std::optional<clip> what) {
                const auto ticket = next_ticket(*line);
                auto slot = boost::asio::get_associated_cancellation_slot(handler);
                if (slot.is_connected())
                    slot.assign([waiting = std::weak_ptr(line), ticket](boost::asio::cancellation_type) {
                        cancel_play(waiting, ticket);
                    });
                start_play(line, std::move(what), ticket, {std::move(handler), executor_of(*line)});
            },
            token, connection_, std::move(sound));
    }

    static std::optional<clip> copy_of(std::span<const std::int16_t> samples, int rate_hz);
    static play_ticket next_ticket(detail::connection& line) noexcept;
    static void start_play(const std::shared_ptr<detail::connection>& line, std::optional<clip> sound,
                           play_ticket ticket, detail::completion<play_result> waiter);
    static void cancel_play(const std::weak_ptr<detail::connection>& waiting, play_ticket ticket);

    std::shared_ptr<detail::connection> connection_; // shared with the table of turns and with actions on their way
};

} // namespace audiosocket
