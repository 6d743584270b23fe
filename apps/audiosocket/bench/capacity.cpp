// SPDX-License-Identifier: Apache-2.0
#include "bench/capacity.hpp"

#include "bench/report.hpp"

#include <algorithm>
#include <cerrno>
#include <utility>

namespace audiosocket::app::bench {
namespace {

using std::chrono::nanoseconds;

// Between the most calls that were held and the fewest that were not.
constexpr double resolution = 0.05;

// A thread that uses more than this of a core cannot keep its times.
constexpr double full_core = 0.95;

constexpr double frames_lost_max = 0.001;

// Every server accepts connections at this rate.
constexpr std::int64_t placed_a_second = 500;
constexpr std::chrono::milliseconds ramp_min{200};

// The search has to end on a machine that is disturbed all the time.
constexpr int refutations_max = 3;

bool is_our_limit(int error) {
    return error == EMFILE || error == ENFILE || error == EADDRNOTAVAIL;
}

double seconds(nanoseconds d) {
    return std::chrono::duration<double>(d).count();
}

} // namespace

std::chrono::nanoseconds ramp_for(std::size_t calls) noexcept {
    const nanoseconds evenly(static_cast<std::int64_t>(calls) * 1'000'000'000 / placed_a_second);
    return std::max<nanoseconds>(evenly, ramp_min);
}

capacity_search::capacity_search(std::size_t first, std::size_t calls_max) noexcept
    : next_(std::min(first, calls_max)), calls_max_(calls_max), done_(calls_max == 0) {}

std::optional<std::size_t> capacity_search::next() const noexcept {
    return done_ ? std::nullopt : std::optional(next_);
}

bool capacity_search::is_close() const noexcept {
    const std::size_t failed = least_failed_.value_or(calls_max_ + 1);
    const auto apart = static_cast<double>(failed - most_held_);
    return failed - most_held_ <= 1 || (least_failed_ && apart <= resolution * static_cast<double>(failed));
}

void capacity_search::held() noexcept {
    repeats_ = false;
    most_held_ = next_;
    if (std::exchange(confirms_, false)) {
        least_failed_.reset();
        ++refutations_;
    }
    settle();
}

void capacity_search::failed() noexcept {
    if (confirms_) {
        done_ = true;
        return;
    }
    repeats_ = !repeats_;
    if (repeats_) return;
    least_failed_ = next_;
    settle();
}

// Chooses the next number after a number was decided.
void capacity_search::settle() noexcept {
    if (!is_close()) {
        next_ = least_failed_ ? (most_held_ + *least_failed_) / 2 : std::min(2 * next_, calls_max_);
    } else if (least_failed_ && refutations_ < refutations_max) {
        confirms_ = true;
        next_ = *least_failed_;
    } else {
        done_ = true;
    }
}

std::chrono::nanoseconds bounds::round_trip_p99() const noexcept {
    // In an echo a frame waits for the server's clock for up to a whole frame.
    constexpr std::chrono::milliseconds frame_time{20};
    return frame_time + jitter_p99 + caller_jitter;
}

std::string_view name(bound b) noexcept {
    switch (b) {
    case bound::none: return "none";
    case bound::jitter: return "jitter";
    case bound::round_trip: return "round_trip";
    case bound::frames_lost: return "frames_lost";
    case bound::calls_failed: return "calls_failed";
    case bound::calls_killed: return "calls_killed";
    case bound::calls_ended: return "calls_ended";
    case bound::calls_silent: return "calls_silent";
    case bound::generator: return "generator";
    case bound::own_limits: return "own_limits";
    }
    return "";
}

bound judge(const measurement& m, mode what, const bounds& allowed) {
    const tally& t = m.seen;
    // A failed call decides the result, even if the generator was late.
    if (t.calls_failed > 0) return is_our_limit(t.first_failure) ? bound::own_limits : bound::calls_failed;
    if (t.calls_killed > 0) return bound::calls_killed;
    if (t.calls_ended_by_server > 0) return bound::calls_ended;
    const bool out_of_time = m.duration.count() > 0 && seconds(t.cpu_busiest) > full_core * seconds(m.duration);
    if (was_late(m) || out_of_time) return bound::generator;
    if (t.calls_silent > 0) return bound::calls_silent;
    if (t.jitter.at(0.99) > allowed.jitter_p99) return bound::jitter;
    if (what == mode::playback) return bound::none;
    if (static_cast<double>(t.frames_lost()) > frames_lost_max * static_cast<double>(t.frames_sent))
        return bound::frames_lost;
    if (t.round_trip.at(0.99) > allowed.round_trip_p99()) return bound::round_trip;
    return bound::none;
}

const measurement* capacity::best() const noexcept {
    const measurement* found = nullptr;
    for (const tried& one : steps)
        if (one.bound == bound::none && (found == nullptr || one.measured.calls >= found->calls)) found = &one.measured;
    return found;
}

double capacity::calls_a_core() const noexcept {
    const measurement* held = best();
    return held != nullptr && held->server_cores() > 0 ? static_cast<double>(calls) / held->server_cores() : 0;
}

capacity find_capacity(generator& load, mode what, std::size_t first_calls, std::chrono::nanoseconds step_duration,
                       const bounds& allowed, const interruption& interrupted,
                       const std::function<void(const capacity::tried&)>& on_step) {
    capacity found;
    capacity_search search(first_calls, allowed.calls_max);
    std::size_t up = 0;
    while (const auto calls = search.next()) {
        capacity::tried one;
        one.measured = load.measure({*calls, ramp_for(*calls - std::min(up, *calls)), step_duration});
        if (interrupted.came()) break;
        one.bound = judge(one.measured, what, allowed);
        on_step(one);
        found.steps.push_back(one);
        up = *calls;
        if (one.bound == bound::none) {
            search.held();
            continue;
        }
        // Audio that a server could not send in time is still in its queues, so the next try begins with new calls.
        load.end_calls();
        up = 0;
        search.failed();
        if (search.least_failed() == *calls) found.bounded_by = one.bound;
        if (one.bound != bound::own_limits) continue;
        found.bounded_by = one.bound;
        break;
    }
    if (!search.least_failed() && found.bounded_by != bound::own_limits) found.bounded_by = bound::none;
    found.calls = search.most_held();
    if (found.calls == allowed.calls_max && found.bounded_by == bound::none) found.bounded_by = bound::own_limits;
    return found;
}

} // namespace audiosocket::app::bench
