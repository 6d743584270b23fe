// SPDX-License-Identifier: Apache-2.0
#include <audiosocket/net/read_digits.hpp>

#include "net/connection.hpp"
#include "net/digit_collector.hpp"

#include <audiosocket/protocol/message.hpp>

#include <boost/asio/error.hpp>

#include <stdexcept>

namespace audiosocket::detail {
namespace asio = boost::asio;

namespace {

// Longer than any call, and so short that adding it to a time does not overflow.
constexpr std::chrono::milliseconds timeout_max = std::chrono::hours{24 * 365};

void check_timeout(const char* option, std::chrono::milliseconds value) {
    if (value < std::chrono::milliseconds{} || value > timeout_max)
        throw std::invalid_argument(std::string("read_digits_options: ") + option + " is " +
                                    std::to_string(value.count()) + " ms; it has to be between 0 ms and a year");
}

} // namespace

void validate(const read_digits_options& options) {
    if (options.digits_max < 1)
        throw std::invalid_argument("read_digits_options: digits_max is 0; it has to be at least 1");
    check_timeout("first", options.first);
    check_timeout("between", options.between);
    if (options.end && !is_dtmf_digit(*options.end))
        throw std::invalid_argument("read_digits_options: end is not one of the digits 0-9 * # A-D");
}

// Waits for one event after the other, on the thread of the call. The pending wait keeps it alive.
struct digit_reading final : wait_source<digits_result>, std::enable_shared_from_this<digit_reading> {
    digit_reading(std::shared_ptr<connection> c, const read_digits_options& o) : line(std::move(c)), options(o) {}
    digit_reading(const digit_reading&) = delete;
    digit_reading& operator=(const digit_reading&) = delete;

    // The io_context of the call is being destroyed, and has destroyed the pending wait.
    ~digit_reading() {
        if (waiter) waiter.give_up(make_error_code(usage_errc::call_ended));
    }

    void begin(completion<digits_result> w) {
        waiter = std::move(w);
        collected.emplace(options, clock::now());
        step();
    }

    void step() {
        const auto now = clock::now();
        collected->playing(line->queued(), now);
        inner = line->new_wait();
        line->start_wait(
            {[self = shared_from_this()](boost::system::error_code error, const event& e) { self->take(error, e); },
             line->get_executor(), inner},
            collected->deadline() - now);
    }

    void take(boost::system::error_code error, const event& e) {
        if (!waiter) { // cancelled meanwhile
            if (!error) line->take_back(e);
            return;
        }
        if (error == asio::error::timed_out) return timed_out();
        if (error == asio::error::eof) return finish(make_error_code(usage_errc::call_ended), digits_end::call_ended);
        if (error) return finish(error, digits_end::call_ended);
        if (const auto* key = std::get_if<dtmf_event>(&e)) return take_digit(key->digit);
        if (std::holds_alternative<ended_event>(e)) {
            line->take_back(e);
            return finish(make_error_code(usage_errc::call_ended), digits_end::call_ended);
        }
        step();
    }

    void take_digit(char digit) {
        const bool first = collected->empty();
        const auto ends = collected->take(digit, clock::now());
        if (first && options.barge_in) static_cast<void>(line->clear());
        if (ends) return finish({}, *ends);
        step();
    }

    // The playout queue may have become longer meanwhile.
    void timed_out() {
        if (collected->empty() && line->queued() > std::chrono::milliseconds{}) return step();
        finish({}, digits_end::timed_out);
    }

    void finish(boost::system::error_code error, digits_end reason) {
        digits_result result{collected->take_digits(), reason};
        if (error || waiter.wait() == 0)
            waiter.complete(error, std::move(result));
        else
            waiter.complete(std::move(result), shared_from_this());
    }

    void cancel(wait_number wait) {
        if (!waiter || waiter.wait() != wait) return;
        line->cancel_wait(inner); // first, because the wait would get the digits back otherwise
        line->unread(collected->take_digits());
        waiter.complete(asio::error::operation_aborted, {}, false);
    }

    // Called if the wait was cancelled after its result was posted.
    void take_back(digits_result result) override {
        if (result.reason == digits_end::end_digit) result.digits += *options.end;
        line->unread(std::move(result.digits));
    }

    const std::shared_ptr<connection> line;
    const read_digits_options options;
    std::optional<digit_collector> collected;
    completion<digits_result> waiter;
    wait_number inner = 0;
};

std::shared_ptr<digit_reading> digit_reader::make(const call& c, const read_digits_options& options) {
    return std::make_shared<digit_reading>(connection::behind(c), options);
}

wait_source<digits_result>& digit_reader::source_of(digit_reading& reading) noexcept {
    return reading;
}

call::executor_type digit_reader::executor_of(const digit_reading& reading) noexcept {
    return reading.line->get_executor();
}

void digit_reader::start(const std::shared_ptr<digit_reading>& reading, completion<digits_result> waiter) {
    reading->line->start_operation(std::move(waiter), [reading](auto w) { reading->begin(std::move(w)); });
}

void digit_reader::cancel(const std::weak_ptr<digit_reading>& reading, wait_number wait) {
    const auto self = reading.lock();
    if (!self) return;
    self->mark_cancelled(wait);
    self->line->on_executor([self, wait] { self->cancel(wait); });
}

} // namespace audiosocket::detail
