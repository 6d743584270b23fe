// SPDX-License-Identifier: Apache-2.0
#include "call/rate_detector.hpp"

#include <algorithm>
#include <array>
#include <cmath>

namespace audiosocket {
namespace {

using milliseconds = std::chrono::duration<double, std::milli>;

// 20 ms by the label.
constexpr std::size_t usual_payload_bytes = 320;

// How long frames of Asterisk are, in milliseconds.
constexpr std::array frame_times_ms{10, 20, 30, 40, 60};

// Messages that are closer than this have come together: a frame lasts 10 ms at least.
constexpr std::chrono::milliseconds together{5};

// Enough to be sure of the time between messages, with the jitter of a network.
constexpr int intervals_min = 6;
constexpr std::chrono::milliseconds measured_min{200};

// How far the time between messages may be from that of a frame: to be sure at once, and when no more are waited for.
// Frames of 30 and 40 ms are the closest.
constexpr double slack_at_once = 0.08;
constexpr double slack_at_last = 0.15;

// The time that such a payload lasts at this rate, in ms; 0 if no frame lasts so long.
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

// The rate at which such payloads come at this interval, if one fits.
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
        decided_ = true; // no frames of a codec
        return;
    }
    const bool apart = at - last_at_ >= together;
    if (apart && intervals_ == 0) measured_from_ = last_at_;
    if (apart || intervals_ > 0) ++intervals_;
    last_at_ = at;
    if (apart && fitting(slack_at_once)) decide();
}

// The rate that the messages so far show, if they are enough.
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
