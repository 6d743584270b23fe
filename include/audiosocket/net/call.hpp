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

/// One call in progress, from listener::async_accept or async_connect.
///
/// The library keeps the call alive until its end. It sends a frame every ptime (silence if there is nothing to play)
/// and reads whenever it sends. It drops audio that the application does not take in time, the oldest first.
///
/// Reading begins with the first wait for an event, or after 100 ms without one. So a monitor that is set before the
/// first wait misses nothing.
///
/// Threads: the call runs on its `io_context`, which exactly one thread runs. Members may be called on any thread, and
/// on several at once, without a mutex, unless they say otherwise. Requests of one thread are done in their order;
/// between threads there is no order. Do not use a member on one thread while another thread moves, assigns or destroys
/// the handle. If your handlers do long work, give the calls an io_thread and run the handlers on your own executor.
///
/// Members that act (play, mark, clear, pause, resume, send_dtmf, hang_up, hang_up_when_played) return at once. On the
/// thread of the call they return every error. On another thread they return the errors that are known there: the end
/// of the call, wrong arguments, and a full playout queue. Other errors (too many marks or digits, a call that is just
/// ending) are lost there.
///
/// Lifetime: a handle may outlive its io_context. It then behaves as a call that has ended: members that act return
/// `usage_errc::call_ended`, and waits complete with `boost::asio::error::eof`.
///
/// Move-only. Destroying the handle hangs up in the background; after hang_up_when_played(), the queue is played first.
/// An io_context that is destroyed closes its calls at once, still with hangup and FIN.
class AUDIOSOCKET_EXPORT call {
  public:
    /// The executor of an io_context.
    using executor_type = boost::asio::io_context::executor_type;

    /// Makes an empty handle. Use only assignment, destruction and `operator bool` on it.
    call() = default;

    /// Moves the call here; `other` is empty then. Waits in progress continue.
    call(call&& other) noexcept = default;

    /// Hangs up the call of this handle, as the destructor does, and moves the other call here.
    call& operator=(call&& other) noexcept;

    /// Hangs up in the background, and ends a wait in progress with `boost::asio::error::operation_aborted`. A result
    /// that is on its way to the handler still arrives.
    ~call();

    /// Returns whether the handle has a call, in progress or ended.
    explicit operator bool() const noexcept { return connection_ != nullptr; }

    /// Returns the executor of the io_context on which the call runs. Work that uses the call often belongs there.
    executor_type get_executor() const noexcept;

    /// Returns the id that the calling side sent. Not unique: see uuid. Valid as long as the call.
    const uuid& id() const noexcept;

    /// Returns the address of the peer. Valid as long as the call.
    const boost::asio::ip::tcp::endpoint& peer() const noexcept;

    /// Waits for the next event: audio, a digit, a mark, or the end.
    ///
    /// Completes with `void(boost::system::error_code, event)` on the executor associated with the handler, by default
    /// get_executor(). Views in the event are valid until the next wait is started.
    ///
    /// Errors: `boost::asio::error::eof` after ended_event, which is the last event; `boost::asio::error::in_progress`
    /// if another wait is in progress; `operation_aborted` after cancellation.
    ///
    /// Supports cancellation (all types). A cancelled wait loses no event: the next wait gets it. Start the next wait
    /// after the handler of the cancelled wait has run.
    ///
    /// May be started on any thread. The handle may move before a deferred operation is started. If the handle was
    /// destroyed before, the operation completes with `operation_aborted`.
    template <BOOST_ASIO_COMPLETION_TOKEN_FOR(void(boost::system::error_code, event))
                  CompletionToken = boost::asio::deferred_t>
    [[nodiscard("nothing starts without a token: pass a handler, use_awaitable or detached")]] auto
    async_next_event(CompletionToken&& token = CompletionToken()) {
        return async_next_event(clock::duration::max(), std::forward<CompletionToken>(token));
    }

    /// Waits for the next event, at most for `timeout`, and then completes with `boost::asio::error::timed_out`. A
    /// timeout loses no event. With 0, gets an event only if there is one already; duration::max() means no timeout.
    ///
    /// The time counts from the start of the wait, in steps of a millisecond. It costs no timer, because the call
    /// checks it when it sends and reads. Otherwise the same as the wait without a timeout.
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

    /// Plays a sound after what is queued, and waits until it has been played to its end or cut off.
    ///
    /// Completes with `void(boost::system::error_code, play_result)`. The result says how much of the sound was sent,
    /// and how much was cut off (by clear(), barge-in or the end of the call). Being cut off is not an error.
    ///
    /// Errors, with nothing queued: `usage_errc::playout_full` if the queue has reached its bound
    /// (call_options::playout_queue) or 10,000 marks are pending; `usage_errc::unsupported_rate`;
    /// `usage_errc::call_ended`; `std::errc::not_enough_memory`. The sound may exceed the bound of the queue by its own
    /// length.
    ///
    /// It completes whether or not the application waits for events. Several may be pending, and complete in their
    /// order. If the sound was played to its end, there is no event for it. If it was cut off behind the last mark, a
    /// cleared_event with an empty name follows. An empty queue behind the sound is not an underrun; for audio that
    /// comes in pieces, use playout_stream.
    ///
    /// Cancellation (all types) ends only the wait, with `operation_aborted`. The sound plays on; clear() cuts it off.
    ///
    /// Threads: may be called on any thread. The handler runs on its associated executor, by default get_executor(),
    /// and never within this function. Lifetime: the clip is kept as long as needed. The handle may be moved while the
    /// operation is pending. Destroying it hangs up, which completes the operation.
    template <BOOST_ASIO_COMPLETION_TOKEN_FOR(void(boost::system::error_code, play_result))
                  CompletionToken = boost::asio::deferred_t>
    [[nodiscard("nothing starts without a token: pass a handler, use_awaitable or detached")]] auto
    async_play(clip sound, CompletionToken&& token = CompletionToken()) {
        return initiate_play<CompletionToken>(std::move(sound), token);
    }

    /// Plays samples of `rate_hz` (4,000 to 768,000 Hz), and waits until they have been played to their end or cut off.
    ///
    /// The samples are copied before this function returns, even if the token starts the operation later. Otherwise the
    /// same as async_play() of a clip: they may exceed the bound of the queue by their own length.
    template <BOOST_ASIO_COMPLETION_TOKEN_FOR(void(boost::system::error_code, play_result))
                  CompletionToken = boost::asio::deferred_t>
    [[nodiscard("nothing starts without a token: pass a handler, use_awaitable or detached")]] auto
    async_play(std::span<const std::int16_t> samples, int rate_hz, CompletionToken&& token = CompletionToken()) {
        return initiate_play<CompletionToken>(copy_of(samples, rate_hz), token);
    }

    /// Queues a copy of samples for playing: mono, 16 bits, at any rate from 4,000 to 768,000 Hz. They are resampled to
    /// the rate of the call and sent as a frame every ptime.
    ///
    /// Errors, with nothing queued: `usage_errc::playout_full` if the queue would exceed call_options::playout_queue,
    /// `usage_errc::unsupported_rate`, `usage_errc::call_ended`.
    [[nodiscard]] error_code play(std::span<const std::int16_t> samples, int rate_hz);

    /// Queues a clip for playing, which is shared and not copied. It may exceed call_options::playout_queue by its own
    /// length.
    ///
    /// Errors, with nothing queued: `usage_errc::playout_full` if the queue has reached its bound already,
    /// `usage_errc::unsupported_rate`, `usage_errc::call_ended`.
    [[nodiscard]] error_code play(clip sound);

    /// Queues a mark. A played_event with this name follows when all audio before it has been sent, or a cleared_event
    /// if clear() removed it. The name need not be unique. An empty queue behind a mark is not counted as an underrun.
    ///
    /// Errors: `usage_errc::playout_full` while 10,000 marks are pending, `usage_errc::call_ended`.
    [[nodiscard]] error_code mark(std::string name);

    /// Empties the playout queue and stops playing within one frame. A cleared_event follows for each mark that was not
    /// reached, and one with an empty name for audio behind the last mark. Errors: `usage_errc::call_ended`.
    error_code clear();

    /// Sends silence until resume(). The queue stays as it is. Errors: `usage_errc::call_ended`.
    error_code pause();

    /// Continues the queue where pause() stopped. Has no effect if playing is not paused. Errors:
    /// `usage_errc::call_ended`.
    error_code resume();

    /// Sends a DTMF digit (0-9, A-D, * or #), ahead of the queued audio. Only a call from async_connect() can, because
    /// Asterisk accepts no digits.
    ///
    /// Errors: `usage_errc::not_a_dtmf_digit`, `usage_errc::caller_only`, `usage_errc::playout_full` while 64 digits
    /// wait for the network, `usage_errc::call_ended`.
    [[nodiscard]] error_code send_dtmf(char digit);

    /// Ends the call. Drops what is queued, sends the hangup message (only the answering side; Asterisk sends none) and
    /// a FIN, and reads until the peer has closed, at most for call_options::hangup_timeout. Then ended_event follows.
    /// Errors: `usage_errc::call_ended`, which you may ignore.
    error_code hang_up();

    /// Ends the call as hang_up() does, but only when the playout queue is empty and call_options::hangup_silence has
    /// passed behind the last audio. Ends it at once if nothing was played, or clear() cut it off. Waits while playing
    /// is paused. The request cannot be undone. Audio can be queued until the queue is empty; later audio is refused,
    /// as after the end of the call. Errors: `usage_errc::call_ended`.
    error_code hang_up_when_played();

    /// Returns the length of the audio that is queued and not sent yet, including what another thread has just queued.
    std::chrono::milliseconds queued() const noexcept;

    /// Returns the format of the peer's audio; before the first audio, the expected format.
    media_format receive_format() const noexcept;

    /// Returns the format that we send.
    media_format send_format() const noexcept;

    /// Returns the counters of the call so far. Valid as long as the call. Call it only on get_executor(), or after
    /// ended_event was delivered.
    const call_statistics& statistics() const noexcept;

    /// Sets the monitor that observes both sides, on get_executor(); null removes it. The call shares it until it is
    /// replaced, the handle is destroyed, or the io_context is destroyed.
    void set_monitor(std::shared_ptr<call_monitor> monitor);

  private:
    friend detail::connection;

    explicit call(std::shared_ptr<detail::connection> connection) noexcept;

    static detail::wait_source<event>& waits_of(detail::connection& on) noexcept;
    static executor_type executor_of(const detail::connection& on) noexcept;
    static void start_wait(detail::connection& on, detail::completion<event> waiter, clock::duration timeout);
    static void cancel(const std::weak_ptr<detail::connection>& waiting, detail::wait_number wait);

    // The operation refers to the connection and not to the handle, because the handle may move.
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

    std::shared_ptr<detail::connection> connection_; // shared with the turn table and with requests of other threads
};

} // namespace audiosocket
