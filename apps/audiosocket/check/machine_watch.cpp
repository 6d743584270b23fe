// SPDX-License-Identifier: Apache-2.0
#include "check/machine_watch.hpp"

#include <algorithm>

namespace audiosocket::app::check {
namespace {

constexpr std::chrono::milliseconds interval{5};

// Any machine wakes a thread this late.
constexpr std::chrono::milliseconds tolerance{2};

// Enough for an hour; a longer run is judged by its first hour.
constexpr std::size_t wakings_max = 720'000;

} // namespace

machine_watch::machine_watch() : thread_([this](const std::stop_token& stop) { watch(stop); }) {}

machine_watch::~machine_watch() = default; // the thread is joined before the members that it uses are destroyed

void machine_watch::watch(const std::stop_token& stop) {
    while (!stop.stop_requested()) {
        const auto due = clock::now() + interval;
        std::this_thread::sleep_until(due);
        const auto now = clock::now();
        const std::lock_guard lock(mutex_);
        if (wakings_.size() < wakings_max) wakings_.push_back({now, now - due});
        if (now - due > tolerance) pauses_.push_back({due, now});
    }
}

std::chrono::nanoseconds machine_watch::stood_still(time_point from, time_point to) const {
    const std::lock_guard lock(mutex_);
    std::chrono::nanoseconds sum{};
    for (const auto& p : pauses_)
        sum += std::max<std::chrono::nanoseconds>(std::min(p.to, to) - std::max(p.from, from), {});
    return sum;
}

std::chrono::nanoseconds machine_watch::lateness(double quantile, time_point since) const {
    std::vector<std::chrono::nanoseconds> sorted;
    {
        const std::lock_guard lock(mutex_);
        for (const auto& w : wakings_)
            if (w.at >= since) sorted.push_back(w.late);
    }
    if (sorted.empty()) return {};
    const auto rank = static_cast<std::size_t>(quantile * static_cast<double>(sorted.size()));
    const auto at = sorted.begin() + static_cast<std::ptrdiff_t>(std::min(sorted.size() - 1, rank));
    std::nth_element(sorted.begin(), at, sorted.end());
    return *at;
}

} // namespace audiosocket::app::check
