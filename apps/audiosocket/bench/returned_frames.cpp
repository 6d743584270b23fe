// SPDX-License-Identifier: Apache-2.0
#include "bench/returned_frames.hpp"

#include <audiosocket/audio/duration.hpp>

#include <algorithm>
#include <cstring>

namespace audiosocket::app::bench {
namespace {

constexpr std::chrono::nanoseconds frame_time = duration_of(numbered_frames::samples, 8000);

// A frame at most this far behind the expected one (half a second) is late or repeated. A frame further behind is more
// likely ahead, because the numbers repeat: a server that lost three seconds is more likely than a server that kept a
// frame so long.
constexpr std::uint64_t late_frames_max = 25;

} // namespace

void returned_frames::sent(time_point at) noexcept {
    sendings_[sent_ % remembered] = {at, false};
    ++sent_;
}

bool returned_frames::is_expected_frame(std::span<const std::byte> payload) const noexcept {
    const auto expected = frames_->payload(first_ + expected_);
    return payload.size() == expected.size() && std::memcmp(payload.data(), expected.data(), expected.size()) == 0;
}

bool returned_frames::is_silence(std::span<const std::byte> payload) noexcept {
    // All bytes equal the first byte, and that is zero.
    return payload.empty() ||
           (payload[0] == std::byte{0} && std::memcmp(payload.data(), payload.data() + 1, payload.size() - 1) == 0);
}

std::optional<returned_frames::returned> returned_frames::take_sample(std::byte low, std::byte high) noexcept {
    const auto sample =
        static_cast<std::int16_t>(std::to_integer<unsigned>(high) << 8 | std::to_integer<unsigned>(low));
    if (sample == 0) return std::nullopt; // silence, which a server may insert anywhere
    if (!numbered_samples::is_numbered(sample)) {
        ++foreign_samples_;
        whole_ = false;
        return std::nullopt;
    }
    const auto at = numbered_frames::position_of(sample);
    const bool begun = next_sample_ != 0;
    const bool same_frame = begun && at.frame == frame_ && at.sample >= next_sample_;
    if (begun && !same_frame) ++torn_; // the previous frame is incomplete
    if (!same_frame)
        whole_ = at.sample == 0;
    else if (at.sample != next_sample_)
        whole_ = false;
    frame_ = at.frame;
    next_sample_ = (at.sample + 1) % numbered_frames::samples;
    if (next_sample_ != 0) return std::nullopt;
    if (whole_) return resolve(frame_);
    ++torn_;
    return std::nullopt;
}

std::optional<returned_frames::returned> returned_frames::resolve(std::size_t frame) noexcept {
    constexpr auto period = numbered_frames::period;
    const std::uint64_t ahead = (frame + period - (first_ + expected_) % period) % period;
    const std::uint64_t behind = period - ahead;
    const bool was_sent = expected_ + ahead < sent_;
    if (was_sent && (behind > late_frames_max || behind > expected_)) return in_order(expected_ + ahead);
    if (behind <= expected_) return out_of_order(expected_ - behind);
    foreign_samples_ += numbered_frames::samples;
    return std::nullopt;
}

returned_frames::returned returned_frames::in_order(std::uint64_t number) noexcept {
    expected_ = number + 1;
    const time_point at = sent_at(number);
    if (sent_ - number <= remembered) sendings_[number % remembered].returned = true;
    return {number, order::in_order, at};
}

std::optional<returned_frames::returned> returned_frames::out_of_order(std::uint64_t number) noexcept {
    if (sent_ - number > remembered) return returned{number, order::again, sent_at(number)};
    auto& entry = sendings_[number % remembered];
    const order how = entry.returned ? order::again : order::late;
    entry.returned = true;
    return returned{number, how, entry.at};
}

time_point returned_frames::sent_at(std::uint64_t number) const noexcept {
    if (sent_ - number <= remembered) return sendings_[number % remembered].at;
    const auto frames_ago = static_cast<std::int64_t>(sent_ - 1 - number);
    return sendings_[(sent_ - 1) % remembered].at - frames_ago * frame_time;
}

} // namespace audiosocket::app::bench
