// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <audiosocket/call/event.hpp>
#include <audiosocket/net/read_digits.hpp>

#include <optional>
#include <utility>

namespace audiosocket::detail {

/// The rules of reading digits, without a call and without a clock: which digit ends the reading, and until when the
/// next one must come.
class digit_collector {
  public:
    digit_collector(const read_digits_options& options, time_point start)
        : options_(options), deadline_(start + options.first) {}

    /// Takes a digit. Returns the reason if the reading ends with it.
    std::optional<digits_end> take(char digit, time_point now) {
        if (digit == options_.end) return digits_end::end_digit;
        digits_ += digit;
        deadline_ = now + options_.between;
        if (digits_.size() >= options_.digits_max) return digits_end::complete;
        return std::nullopt;
    }

    /// Starts the time for the first digit at the end of what is still to be played.
    void playing(std::chrono::milliseconds left, time_point now) {
        if (digits_.empty() && left > std::chrono::milliseconds{}) deadline_ = now + left + options_.first;
    }

    /// Returns until when the next digit must come.
    time_point deadline() const noexcept { return deadline_; }

    bool empty() const noexcept { return digits_.empty(); }
    std::string take_digits() { return std::exchange(digits_, {}); }

  private:
    read_digits_options options_;
    std::string digits_;
    time_point deadline_;
};

} // namespace audiosocket::detail
