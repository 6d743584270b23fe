// SPDX-License-Identifier: Apache-2.0
#include "diagnosis/rate_watch.hpp"

#include <algorithm>

namespace audiosocket::app::diagnosis {
namespace {

using std::chrono::nanoseconds;

// Below this pace a sender may also catch up, or have a poor clock, so a longer window is needed.
constexpr double quick_pace_min = 1.9;
constexpr std::size_t quick_groups = 8;
constexpr std::size_t slow_slots = 24;

// A group of slots has to hold at least two messages; otherwise it is uneven in any case.
constexpr std::size_t group_slots_max = 3;

// How far the audio of a group may be from the mean.
constexpr double uneven_max = 0.5;

// The most audio that a sender may owe after a pause.
constexpr nanoseconds debt_max = std::chrono::seconds(2);

} // namespace

bool rate_watch::add(nanoseconds duration, nanoseconds at) {
    const std::int64_t number = at / slot_time;
    const bool moved = begun_ && number > current_;
    if (!begun_) {
        begun_ = true;
        current_ = number;
        last_at_ = at;
    } else if (moved) {
        move_to(number);
        judge();
    }
    ahead_ = std::max(ahead_ - std::max(at - last_at_, nanoseconds{}), -debt_max) + duration;
    last_at_ = std::max(at, last_at_);
    slot& now = slots_[static_cast<std::size_t>(current_) % slots_kept];
    now.audio_us += static_cast<std::uint32_t>(duration / std::chrono::microseconds(1));
    ++now.messages;
    return moved;
}

void rate_watch::move_to(std::int64_t number) {
    const std::int64_t steps = number - current_;
    for (std::int64_t i = 1; i <= std::min<std::int64_t>(steps, slots_kept); ++i)
        slots_[static_cast<std::size_t>(number - i + 1) % slots_kept] = {};
    // The first slot is not complete: it began before the first message.
    complete_ = std::min(complete_ + static_cast<std::size_t>(steps), slots_kept - 1);
    current_ = number;
}

// Returns the slot that is so many before the current slot.
const rate_watch::slot& rate_watch::back(std::size_t slots) const noexcept {
    return slots_[(static_cast<std::size_t>(current_) + slots_kept - slots) % slots_kept];
}

std::optional<double> rate_watch::steady_pace(std::size_t slots, std::size_t group) const {
    if (complete_ <= slots) return std::nullopt; // the first slot is not complete
    double total = 0;
    double least = 1e12;
    double most = 0;
    for (std::size_t i = 1; i <= slots; i += group) {
        double sum = 0;
        for (std::size_t k = i; k < i + group; ++k)
            sum += back(k).audio_us;
        total += sum;
        least = std::min(least, sum);
        most = std::max(most, sum);
    }
    const double mean = total * static_cast<double>(group) / static_cast<double>(slots);
    if (least < mean * (1 - uneven_max) || most > mean * (1 + uneven_max)) return std::nullopt;
    return total / (static_cast<double>(slots) * (slot_time / std::chrono::microseconds(1)));
}

void rate_watch::judge() {
    pace_.reset();
    recent_pace_.reset();
    std::uint32_t messages = 0;
    for (std::size_t i = 1; i <= quick_groups; ++i)
        messages += back(i).messages;
    if (messages == 0) return;
    interval_ = slot_time * quick_groups / messages;
    const auto group = std::min<std::size_t>(static_cast<std::size_t>(2 * interval_ / slot_time) + 1, group_slots_max);

    const auto quick = steady_pace(quick_groups * group, group);
    recent_pace_ = quick;
    const auto wanted = quick && *quick >= quick_pace_min ? quick : steady_pace(slow_slots, group);
    if (!wanted) return;
    const auto window = slot_time * static_cast<std::int64_t>(wanted == quick ? quick_groups * group : slow_slots);
    const auto ahead_min = std::chrono::duration_cast<nanoseconds>(window * (*wanted - 1) * 0.6);
    if (*wanted > 1.1 && ahead_ < ahead_min) return; // it catches up
    pace_ = wanted;
}

} // namespace audiosocket::app::diagnosis
