// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <audiosocket/net/call.hpp>

#include <boost/asio/async_result.hpp>
#include <boost/asio/deferred.hpp>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <utility>
#include <vector>

namespace audiosocket {

/// Plays audio that is still being produced, for example by a speech synthesis. Ends when the caller interrupts.
///
/// \code
/// playout_stream speech(c, 16'000);
/// for (const auto& piece : synthesis) // on any thread but that of the call, which must not wait for a future
///     speech.async_write(piece, boost::asio::use_future).get(); // throws when the stream has ended
/// speech.finish();
/// \endcode
///
/// The stream limits how much audio waits in the playout queue of its call. So the application cannot flood the queue
/// and needs no clock. The call resamples audio of any rate.
///
/// End: any call::clear() (also by async_read_digits with barge-in) ends the stream with `usage_errc::playout_cleared`.
/// Nothing that was written before or after the clear is played any more, not even a piece that another thread has just
/// written. The end of the call ends the stream with `usage_errc::call_ended`. After an interruption, make a new
/// stream.
///
/// Threads: members may be used on any thread, by one thread at a time. Lifetime: the call may be moved or destroyed
/// meanwhile; the stream does not keep it. If the stream is destroyed, what was written plays on.
class AUDIOSOCKET_EXPORT playout_stream {
  public:
    /// The smallest `ahead_max` of the constructor: two frames.
    static constexpr std::chrono::milliseconds ahead_min{40};

    /// Prepares a stream; plays nothing yet. `rate_hz` is the rate of its samples, 4,000 to 768,000 Hz. `ahead_max` is
    /// how much audio may wait in the playout queue, including other audio of the call. call_options::playout_queue is
    /// a limit too. A longer time covers longer pauses of the synthesis. Throws std::invalid_argument for another rate,
    /// or for an `ahead_max` below ahead_min.
    playout_stream(const call& c, int rate_hz, std::chrono::milliseconds ahead_max = std::chrono::seconds(2));
    /// Moves the other stream here. The other may then only be assigned to or destroyed.
    playout_stream(playout_stream&&) noexcept;
    /// Moves the other stream here; what was written to this stream plays on. The other may then only be assigned to or
    /// destroyed.
    playout_stream& operator=(playout_stream&&) noexcept;
    /// Destroys the stream. What was written plays on.
    ~playout_stream();

    /// The result of write().
    struct progress {
        std::size_t samples = 0; ///< How many samples were taken, from the first on. 0 without an error means that
                                 ///< there is no room.
        error_code error;        ///< Why the stream has ended; then no sample was taken.
    };

    /// Takes a copy of as many samples as there is room for, and returns at once.
    /// Errors: `usage_errc::playout_cleared`, `usage_errc::call_ended`, and `usage_errc::playout_full` if other audio
    /// filled the queue just before samples from another thread arrived there.
    [[nodiscard]] progress write(std::span<const std::int16_t> samples);

    /// Returns how many samples write() would take now; 0 after the end of the stream.
    std::size_t room() const noexcept;

    /// Writes all samples, and waits for room as long as necessary.
    ///
    /// Completes with `void(boost::system::error_code, std::size_t)` when the last sample was taken, which is before it
    /// is played. The number says how many samples were taken. A full stream waits until half of `ahead_max` has been
    /// played, or the rest fits.
    ///
    /// Errors: those of write(), `boost::asio::error::in_progress` if another async_write() is pending, and
    /// `boost::system::errc::not_enough_memory`. Supports cancellation (all types) with `operation_aborted`; what was
    /// taken plays on.
    ///
    /// The samples are copied before this function returns. The handler runs on its associated executor, by default
    /// that of the call, and never within this function. The stream may be moved meanwhile. A stream that is destroyed
    /// still writes the rest.
    template <BOOST_ASIO_COMPLETION_TOKEN_FOR(void(boost::system::error_code, std::size_t))
                  CompletionToken = boost::asio::deferred_t>
    [[nodiscard("nothing starts without a token: pass a handler, use_awaitable or detached")]] auto
    async_write(std::span<const std::int16_t> samples, CompletionToken&& token = CompletionToken()) {
        return boost::asio::async_initiate<CompletionToken, void(boost::system::error_code, std::size_t)>(
            [](auto handler, const std::shared_ptr<state>& on, std::vector<std::int16_t> what) {
                const auto number = next_number(*on);
                auto slot = boost::asio::get_associated_cancellation_slot(handler);
                if (slot.is_connected())
                    slot.assign([weak = std::weak_ptr(on), number](boost::asio::cancellation_type) {
                        cancel_write(weak, number);
                    });
                start_write(on, std::move(what), number, {std::move(handler), executor_of(*on)});
            },
            token, state_, std::vector<std::int16_t>(samples.begin(), samples.end()));
    }

    /// Declares that nothing follows at once, so that an empty queue is not an underrun. More may be written later.
    void finish();

    /// Declares that nothing follows at once, as finish() does, and waits until all that was written has been played or
    /// cut off.
    ///
    /// Completes with `void(boost::system::error_code, play_result)`; the result covers all that was written to this
    /// stream. Being cut off is not an error. Errors: `usage_errc::playout_full` while 10,000 marks are pending,
    /// `not_enough_memory`. Cancellation (all types) ends only the wait, with `operation_aborted`. The handler runs on
    /// its associated executor, by default that of the call, and never within this function.
    template <BOOST_ASIO_COMPLETION_TOKEN_FOR(void(boost::system::error_code, play_result))
                  CompletionToken = boost::asio::deferred_t>
    [[nodiscard("nothing starts without a token: pass a handler, use_awaitable or detached")]] auto
    async_finish(CompletionToken&& token = CompletionToken()) {
        return boost::asio::async_initiate<CompletionToken, void(boost::system::error_code, play_result)>(
            [](auto handler, const std::shared_ptr<state>& on) {
                const auto ticket = next_ticket(*on);
                auto slot = boost::asio::get_associated_cancellation_slot(handler);
                if (slot.is_connected())
                    slot.assign([weak = std::weak_ptr(on), ticket](boost::asio::cancellation_type) {
                        cancel_finish(weak, ticket);
                    });
                start_finish(on, ticket, {std::move(handler), executor_of(*on)});
            },
            token, state_);
    }

    /// Returns how much of what was written so far was sent, and after the end how much was cut off. Exact to a frame,
    /// as long as no other audio is played behind the stream.
    play_result result() const noexcept;

  private:
    struct AUDIOSOCKET_HIDDEN state;

    static call::executor_type executor_of(const state& on) noexcept;
    static std::uint64_t next_number(state& on) noexcept;
    static play_ticket next_ticket(state& on) noexcept;
    static void start_write(const std::shared_ptr<state>& on, std::vector<std::int16_t> samples, std::uint64_t number,
                            detail::completion<std::size_t> waiter);
    static void cancel_write(const std::weak_ptr<state>& on, std::uint64_t number);
    static void start_finish(const std::shared_ptr<state>& on, play_ticket ticket,
                             detail::completion<play_result> waiter);
    static void cancel_finish(const std::weak_ptr<state>& on, play_ticket ticket);

    std::shared_ptr<state> state_; // shared with requests to the thread of the call
};

} // namespace audiosocket
