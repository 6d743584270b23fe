// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <audiosocket/audio/clip.hpp>
#include <audiosocket/call/call_monitor.hpp>
#include <audiosocket/call/call_options.hpp>
#include <audiosocket/call/call_statistics.hpp>
#include <audiosocket/call/event.hpp>
#include <audiosocket/net/detail/completion.hpp>

#include <boost/asio/async_result.hpp>
#include <boost/asio/deferred.hpp>
#include <boost/asio/ip/tcp.hpp>

#include <memory>
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
/// Threads: the call lives on its `io_context`, which exactly one thread runs. Its members may be used from any thread
/// (one at a time), unless they say otherwise; the events come on the executor associated with the handler. So an
/// application that does long work in its handlers gives the calls an io_thread of their own and stays on its own
/// executor.
///
/// Move-only. Dropping it hangs up in an orderly way, in the background; after hang_up_when_played() it is played to
/// its end first.
class AUDIOSOCKET_EXPORT call {
  public:
    using executor_type = boost::asio::io_context::executor_type;

    /// No call. Only assignment, destruction and `operator bool` make sense.
    call() = default;
    call(call&&) noexcept = default;
    call& operator=(call&& other) noexcept;
    ~call();

    explicit operator bool() const noexcept { return connection_ != nullptr; }

    /// Where the call's input and output run.
    executor_type get_executor() const noexcept;

    /// Which call this is. Not unique: see uuid.
    const uuid& id() const noexcept;

    /// The other end.
    const boost::asio::ip::tcp::endpoint& peer() const noexcept;

    /// Waits for the next event: audio, a digit, a mark, the end.
    ///
    /// Completes with `void(boost::system::error_code, event)`, on the executor associated with the handler, by default
    /// get_executor(). Views in the event are valid until the next wait is started. After ended_event, which is the
    /// last one, completes with `boost::asio::error::eof`. One wait at a time; a second one completes with
    /// `boost::asio::error::in_progress`. Supports cancellation (all types): completes with `operation_aborted`. A
    /// cancelled wait loses no event: what it would have given is the first of the next wait. May be started on any
    /// thread. A deferred operation does not need the call to stay where it is; started after the call was dropped, it
    /// completes with `operation_aborted`.
    template <BOOST_ASIO_COMPLETION_TOKEN_FOR(void(boost::system::error_code, event))
                  CompletionToken = boost::asio::deferred_t>
    auto async_next_event(CompletionToken&& token = CompletionToken()) {
        return async_next_event(clock::duration::max(), std::forward<CompletionToken>(token));
    }

    /// Waits for the next event, no longer than `timeout`: then completes with `boost::asio::error::timed_out`, and no
    /// event is lost. 0 gives an event only if there is one. duration::max() waits for ever. The time counts from the
    /// start of the wait, in steps of a millisecond. It costs no timer: the call looks at it when it sends and reads.
    /// Otherwise like the wait without a timeout.
    template <BOOST_ASIO_COMPLETION_TOKEN_FOR(void(boost::system::error_code, event))
                  CompletionToken = boost::asio::deferred_t>
    auto async_next_event(clock::duration timeout, CompletionToken&& token = CompletionToken()) {
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

    // These members return at once: usage_errc::call_ended after the end, or the error of session's member of the same
    // name. Called from another thread than the call's they report a full playout queue and wrong arguments. Errors
    // that only the session knows (a full queue of marks, a call that is just ending) come too late there and are lost.

    error_code play(std::span<const std::int16_t> samples, int rate_hz);
    error_code play(clip sound);
    error_code mark(std::string name);
    error_code clear();
    error_code pause();
    error_code resume();
    error_code send_dtmf(char digit);
    error_code hang_up();
    error_code hang_up_when_played();

    /// Audio queued and not sent yet.
    std::chrono::milliseconds queued() const noexcept;

    /// What the peer's audio turned out to be, and what we send.
    media_format receive_format() const noexcept;
    media_format send_format() const noexcept;

    /// The counters so far. Only on get_executor(), or after ended_event has been delivered.
    const call_statistics& statistics() const noexcept;

    /// Lets a monitor hear both sides, on get_executor(); null to stop.
    void set_monitor(std::shared_ptr<call_monitor> monitor);

  private:
    friend detail::connection;

    explicit call(std::shared_ptr<detail::connection> connection) noexcept;

    static detail::wait_source<event>& waits_of(detail::connection& on) noexcept;
    static executor_type executor_of(const detail::connection& on) noexcept;
    static void start_wait(detail::connection& on, detail::completion<event> waiter, clock::duration timeout);
    static void cancel(const std::weak_ptr<detail::connection>& waiting, detail::wait_number wait);

    std::shared_ptr<detail::connection> connection_; // shared with the table of turns and with actions on their way
};

} // namespace audiosocket
