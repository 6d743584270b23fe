// SPDX-License-Identifier: Apache-2.0
#include "call/rate_detector.hpp"

#include <algorithm>
#include <array>
#include <cmath>

namespace audiosocket {
namespace {

using milliseconds = std::chrono::duration<double, std::milli>;

// 20 ms at the rate that the kind says.
constexpr std::size_t usual_payload_bytes = 320;

// The lengths of Asterisk's frames, in milliseconds.
constexpr std::array frame_times_ms{10, 20, 30, 40, 60};

// Messages that are closer than this came together, because a frame is at least 10 ms.
constexpr std::chrono::milliseconds together{5};

// Enough to know the time between messages despite the jitter of a network.
constexpr int intervals_min = 6;
constexpr std::chrono::milliseconds measured_min{200};

// How much the time between messages may differ from the length of a frame: to decide at once, and to decide when the
// time is over. Frames of 30 and 40 ms are the closest.
constexpr double slack_at_once = 0.08;
constexpr double slack_at_last = 0.15;

// Returns the length of such a payload at this rate, in ms; 0 if no frame has this length.
double frame_ms(std::size_t payload_bytes, int rate_hz) noexcept {
    for (const int ms : frame_times_ms)
        if (payload_bytes * 1000 == static_cast<std::size_t>(rate_hz) * static_cast<std::size_t>(ms) * 2) return ms;
    return 0;
}

bool fits_another_rate(std::size_t payload_bytes) noexcept {
    return payload_bytes > usual_payload_bytes && std::ranges::any_of(slin_rates_hz, [payload_bytes](int rate) {
               return rate != rate_hz(kind::slin) && frame_ms(payload_bytes, rate) > 0;
           });
}

// Returns the kind of the rate at which such payloads come at this interval, if a rate fits.
std::optional<kind> kind_that_fits(std::size_t payload_bytes, double interval_ms, double slack) noexcept {
    std::optional<kind> best;
    double best_off = slack;
    for (const int rate : slin_rates_hz) {
        const double expected = frame_ms(payload_bytes, rate);
        if (expected <= 0) continue;
        const double off = std::abs(interval_ms / expected - 1);
        if (off >= best_off) continue;
        best_off = off;
        best = slin_kind(rate);
    }
    return best;
}

} // namespace

void rate_detector::observe(std::size_t payload_bytes, time_point at) noexcept {
    if (decided_) return;
    if (payload_bytes_ == 0) {
        payload_bytes_ = payload_bytes;
        first_at_ = last_at_ = at;
        decided_ = !fits_another_rate(payload_bytes);
        return;
    }
    if (payload_bytes != payload_bytes_) {
        decided_ = true; // these are not frames of a codec
        return;
    }
    const bool apart = at - last_at_ >= together;
    if (apart && intervals_ == 0) measured_from_ = last_at_;
    if (apart || intervals_ > 0) ++intervals_;
    last_at_ = at;
    if (apart && fitting(slack_at_once)) decide();
}

// Returns the kind of the rate that the messages so far show, if they are enough.
std::optional<kind> rate_detector::fitting(double slack) const noexcept {
    const auto measured = last_at_ - measured_from_;
    if (intervals_ < intervals_min || measured < measured_min) return std::nullopt;
    return kind_that_fits(payload_bytes_, milliseconds(measured).count() / intervals_, slack);
}

void rate_detector::decide() noexcept {
    if (decided_) return;
    decided_ = true;
    kind_ = fitting(slack_at_last).value_or(kind_);
}

} // namespace audiosocket
