// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <audiosocket/net/call.hpp>

#include <boost/asio/async_result.hpp>
#include <boost/asio/deferred.hpp>

#include <chrono>
#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <utility>

namespace audiosocket {

/// The options of async_read_digits().
struct read_digits_options {
    /// How many digits complete the reading; at least 1.
    std::size_t digits_max = 1;

    /// How long the caller has for the first digit. The time begins when the playout queue is empty, so the length of a
    /// prompt does not count. It also begins while a playout_stream waits for more speech, so allow for that. 0: only
    /// digits that were pressed by then.
    std::chrono::milliseconds first{8000};

    /// How long the caller has for each further digit, from the digit before it.
    std::chrono::milliseconds between{3000};

    /// The digit that ends the reading and is not part of the result; empty: there is no such digit.
    std::optional<char> end = '#';

    /// Whether the first digit (also the end digit) stops what is being played (call::clear).
    bool barge_in = true;
};

/// Why a reading ended.
enum class digits_end {
    complete,   ///< digits_max digits were pressed.
    end_digit,  ///< The end digit was pressed.
    timed_out,  ///< The caller did not press the next digit in time.
    call_ended, ///< The call ended first. The error is `usage_errc::call_ended`.
};

/// The result of async_read_digits().
struct digits_result {
    /// The digits in their order, without the end digit.
    std::string digits;
    /// Why the reading ended. Valid without an error or with `usage_errc::call_ended`.
    digits_end reason = digits_end::complete;
};

namespace detail {

struct digit_reading;

/// Throws std::invalid_argument for an option outside its documented limits, and names it.
AUDIOSOCKET_EXPORT void validate(const read_digits_options& options);

/// The operation behind async_read_digits.
struct AUDIOSOCKET_EXPORT digit_reader {
    static std::shared_ptr<digit_reading> make(const call& c, const read_digits_options& options);
    static wait_source<digits_result>& source_of(digit_reading& reading) noexcept;
    static call::executor_type executor_of(const digit_reading& reading) noexcept;
    static void start(const std::shared_ptr<digit_reading>& reading, completion<digits_result> waiter);
    static void cancel(const std::weak_ptr<digit_reading>& reading, wait_number wait);
};

} // namespace detail

/// Reads the digits that the caller presses: up to a number of digits, until an end digit, or until the caller takes
/// too long.
///
/// \code
/// c.async_play(menu, boost::asio::detached); // the first digit stops it
/// read_digits_options pin; // a name of its own: GCC 12 destroys a braced temporary of a co_await expression twice
/// pin.digits_max = 4;
/// const digits_result choice = co_await async_read_digits(c, pin, boost::asio::use_awaitable);
/// \endcode
///
/// Completes with `void(boost::system::error_code, digits_result)`. A timeout is not an error. Errors:
/// `usage_errc::call_ended` if the call ends or has ended, with the digits that came before;
/// `boost::asio::error::in_progress` if the application waits for events at the same time;
/// `boost::asio::error::operation_aborted`. Throws std::invalid_argument for options outside their documented limits.
///
/// The operation takes the events of the call. Digits that were pressed before it began count. Audio and the events of
/// marks are dropped. ended_event is kept for the next call::async_next_event().
///
/// Cancellation (all types) loses no digit: the digits that were read are the next events of the call. Audio that the
/// first digit cleared stays cleared.
///
/// Threads: may be called on any thread. The handler runs on its associated executor, by default that of the call, and
/// never within this function. Lifetime: the handle may be moved while the operation is pending. Destroying it ends the
/// operation with `operation_aborted`.
template <BOOST_ASIO_COMPLETION_TOKEN_FOR(void(boost::system::error_code, digits_result))
              CompletionToken = boost::asio::deferred_t>
[[nodiscard("nothing starts without a token: pass a handler, use_awaitable or detached")]] auto
async_read_digits(call& c, const read_digits_options& options, CompletionToken&& token = CompletionToken()) {
    detail::validate(options);
    return boost::asio::async_initiate<CompletionToken, void(boost::system::error_code, digits_result)>(
        [](auto handler, const std::shared_ptr<detail::digit_reading>& reading) {
            using reader = detail::digit_reader;
            const auto wait = detail::connect_slot(
                handler, reader::source_of(*reading),
                [weak = std::weak_ptr(reading)](detail::wait_number cancelled) { reader::cancel(weak, cancelled); });
            reader::start(reading, {std::move(handler), reader::executor_of(*reading), wait});
        },
        token, detail::digit_reader::make(c, options));
}

/// Reads one digit with the default options. Otherwise the same as async_read_digits() with options.
template <BOOST_ASIO_COMPLETION_TOKEN_FOR(void(boost::system::error_code, digits_result))
              CompletionToken = boost::asio::deferred_t>
[[nodiscard("nothing starts without a token: pass a handler, use_awaitable or detached")]] auto
async_read_digits(call& c, CompletionToken&& token = CompletionToken()) {
    return async_read_digits(c, read_digits_options{}, std::forward<CompletionToken>(token));
}

} // namespace audiosocket
