// SPDX-License-Identifier: Apache-2.0
#include <audiosocket/gateway/turn_ledger.hpp>

#include <audiosocket/audio/duration.hpp>

#include <algorithm>
#include <cmath>
#include <utility>

namespace audiosocket::gateway {
namespace {

using std::chrono::milliseconds;

constexpr milliseconds slot_time{20};
constexpr milliseconds click_max{60};

// The longest pause between words.
constexpr milliseconds word_gap{200};

// The full scale is 32,768. -50 dBFS is quieter than speech on any line; speech is at least 10 dB above the noise.
constexpr double quiet_power = 32'768.0 * 32'768.0 * 1e-5;
constexpr double above_noise = 10;

// The noise is the quietest recent slot. It rises by 3 dB in two seconds, so that it follows a line that becomes
// louder.
constexpr double noise_rise = 1.007;

// The lowest noise, because digital silence is not a measure of noise. A call that begins with speech must not take
// that for noise: a noisy line has -45 dBFS.
constexpr double noise_least = quiet_power / above_noise;
constexpr double noise_at_first_max = quiet_power * 3;

// Uses whole numbers, which are added four times as fast.
double squares_of(std::span<const std::int16_t> samples) noexcept {
    std::int64_t sum = 0;
    for (const int s : samples)
        sum += s * s;
    return static_cast<double>(sum);
}

} // namespace

void turn_ledger::received(std::span<const std::int16_t> samples, int rate_hz, time_point at) {
    const auto slot = static_cast<std::size_t>(rate_hz) * slot_time.count() / 1000;
    for (std::size_t used = 0; used < samples.size();) {
        const auto part = samples.subspan(used, std::min(slot - slot_samples_, samples.size() - used));
        slot_power_ += squares_of(part);
        slot_samples_ += part.size();
        used += part.size();
        if (slot_samples_ < slot) break;
        add_slot(slot_power_ / static_cast<double>(slot_samples_),
                 at + std::chrono::duration_cast<clock::duration>(duration_of(used, rate_hz)));
        slot_power_ = 0;
        slot_samples_ = 0;
    }
}

void turn_ledger::add_slot(double power, time_point end) noexcept {
    noise_power_ = std::clamp(power, noise_least, noise_power_ > 0 ? noise_power_ * noise_rise : noise_at_first_max);
    if (power < quiet_power || power < noise_power_ * above_noise) {
        if (last_speech_ && end - *last_speech_ > word_gap) spoken_ = {};
        return;
    }
    last_speech_ = end;
    spoken_ += slot_time;
    may_begin_ = may_begin_ || spoken_ > click_max;
}

void turn_ledger::answered(time_point now, std::optional<clock::duration> round_trip) noexcept {
    if (!may_begin_ || answering_ || caller_speaks(now)) return;
    may_begin_ = false;
    answering_ = turn{std::min(*last_speech_, now), now, {}, round_trip};
}

bool turn_ledger::caller_speaks(time_point now) const noexcept {
    return spoken_ > click_max && last_speech_ && now - *last_speech_ < slot_time * 2;
}

void turn_ledger::sent(std::span<const std::int16_t> samples, int, time_point at) {
    if (!answering_ || std::ranges::all_of(samples, [](auto s) { return s == 0; })) return;
    complete_ = *std::exchange(answering_, std::nullopt);
    complete_->heard = std::max(at, complete_->answered);
}

std::optional<turn> turn_ledger::take_turn() noexcept {
    return std::exchange(complete_, std::nullopt);
}

} // namespace audiosocket::gateway
