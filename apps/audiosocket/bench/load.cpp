// SPDX-License-Identifier: Apache-2.0
#include "bench/load.hpp"

#include "base/failure.hpp"

#include <sys/epoll.h>
#include <sys/prctl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <ctime>
#include <system_error>
#include <utility>

namespace audiosocket::app::bench {
namespace {

using std::chrono::nanoseconds;

// The thread sleeps through slots without calls, but reads what has arrived at least this often.
constexpr std::int64_t reading_slots = 8;

// The shared figures are updated ten times a second.
constexpr std::int64_t publishing_slots = 800;

// A thread that stood still for longer than this (a machine that slept) does not send the missed frames.
constexpr std::chrono::seconds late_max{1};

// How long frames may still come back after the measured time.
constexpr std::chrono::seconds settle_patience{1};

// After a delay, calls are not placed all at once.
constexpr std::size_t placed_at_once_max = 16;

// The golden ratio's share of 160 slots, without a common divisor with 160.
constexpr std::size_t slots_apart = 99;

nanoseconds thread_cpu() {
    timespec used{};
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &used);
    return std::chrono::seconds(used.tv_sec) + nanoseconds(used.tv_nsec);
}

void sleep_until(time_point when) {
    const auto since_boot = when.time_since_epoch();
    const timespec until{static_cast<time_t>(since_boot.count() / 1'000'000'000),
                         static_cast<long>(since_boot.count() % 1'000'000'000)};
    clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &until, nullptr);
}

} // namespace

load::load(const endpoint& server, mode what, const numbered_frames& frames, std::size_t first, std::size_t step,
           time_point epoch, nanoseconds caller_jitter)
    : server_(server), first_(first), step_(step), epoch_(epoch), epoll_(epoll_create1(EPOLL_CLOEXEC)),
      buffer_(header_bytes + payload_bytes_max), jitter_slots_(caller_jitter / slot_time) {
    if (epoll_ < 0) throw failure(exit_code::internal, "epoll: " + std::generic_category().message(errno));
    with_.mode = what;
    with_.frames = &frames;
    with_.buffer = buffer_;
}

load::~load() {
    close(epoll_);
}

tally load::run(const load_plan& plan, const std::atomic<bool>& stop, live_figures& live) {
    prctl(PR_SET_TIMERSLACK, 1UL); // in ns; the usual 50 us would add to our own lateness
    with_.seen = tally{};
    phase_ = phase::before;
    planned_before_ = on_wheel_;
    slot_ = (clock::now() - epoch_) / slot_time + 1;
    for (;;) {
        wait_for_slot();
        advance(plan, stop);
        if (phase_ == phase::after && (now_ - after_since_ > settle_patience || all_settled())) break;
        if (phase_ != phase::after) place_due(plan);
        if (slot_ % publishing_slots == 0) publish(live);
        turn();
    }
    publish(live);
    return std::exchange(with_.seen, tally{});
}

void load::end_calls() {
    now_ = clock::now();
    for (auto& slot : wheel_)
        for (const auto index : slot)
            calls_[index]->leave(now_, with_);
    while (on_wheel_ > 0) { // each call has its own deadline
        wait_for_slot();
        turn();
    }
}

void load::turn() {
    visit_slot();
    auto& leaving = leaving_in(slot_);
    for (const auto index : leaving)
        send_leaving(index);
    leaving.clear();
    receive();
    ++slot_;
}

void load::wait_for_slot() {
    while (wheel_[static_cast<std::size_t>(slot_) % slots].empty() && leaving_in(slot_).empty() &&
           slot_ % reading_slots != 0)
        ++slot_;
    const auto due = time_of(slot_);
    now_ = clock::now();
    if (now_ < due) {
        sleep_until(due);
        now_ = clock::now();
    } else if (now_ - due > late_max) {
        slot_ = (now_ - epoch_) / slot_time;
    }
    with_.stamps.adjust();
}

void load::advance(const load_plan& plan, bool stopped) {
    if (phase_ == phase::before && now_ >= plan.from && !stopped) begin_measuring();
    if ((phase_ == phase::measuring && now_ >= plan.to) || (phase_ != phase::after && stopped)) end_measuring();
}

void load::begin_measuring() {
    phase_ = phase::measuring;
    with_.measuring = true;
    cpu_before_ = thread_cpu();
    for (const auto& slot : wheel_)
        for (const auto index : slot)
            if (calls_[index]->now_is() == load_call::state::up) calls_[index]->begin_measured();
}

void load::end_measuring() {
    if (phase_ == phase::measuring) with_.seen.cpu = with_.seen.cpu_busiest = thread_cpu() - cpu_before_;
    phase_ = phase::after;
    after_since_ = now_;
    with_.measuring = false;
    for (const auto& slot : wheel_) {
        for (const auto index : slot) {
            if (calls_[index]->now_is() == load_call::state::up) ++with_.seen.calls_up;
            calls_[index]->end_measured(with_);
        }
    }
}

// Checked once in a turn of the wheel.
bool load::all_settled() const {
    if (slot_ % static_cast<std::int64_t>(slots) != 0) return false;
    return std::ranges::all_of(wheel_, [this](const auto& slot) {
        return std::ranges::all_of(slot, [this](std::uint32_t index) { return calls_[index]->is_settled(with_); });
    });
}

void load::place_due(const load_plan& plan) {
    const double passed_s = std::chrono::duration<double>(now_ - plan.begin).count();
    const double ramp_s = std::chrono::duration<double>(plan.ramped - plan.begin).count();
    const auto handled = with_.seen.calls_placed + with_.seen.calls_held_back;
    double due = 0;
    if (plan.churn)
        due = passed_s * plan.churn->calls_a_second;
    else if (plan.calls > planned_before_)
        due = static_cast<double>(plan.calls - planned_before_) * (ramp_s > 0 ? std::min(1.0, passed_s / ramp_s) : 1.0);
    const auto wanted = static_cast<std::uint64_t>(std::max(0.0, due));
    for (auto i = handled; i < std::min<std::uint64_t>(wanted, handled + placed_at_once_max); ++i) {
        if (plan.churn && on_wheel_ >= plan.calls)
            ++with_.seen.calls_held_back;
        else
            place(plan);
    }
}

void load::place(const load_plan& plan) {
    const std::size_t number = first_ + placed_ever_++ * step_;
    if (free_.empty()) {
        free_.push_back(static_cast<std::uint32_t>(calls_.size()));
        calls_.push_back(nullptr);
        schedules_.emplace_back();
    }
    const auto index = free_.back();
    const auto now = clock::now();
    calls_[index] = std::make_unique<load_call>(server_, number, now, with_);
    if (calls_[index]->now_is() == load_call::state::over) return;
    schedules_[index] = send_schedule(number, jitter_slots_);
    if (plan.churn) calls_[index]->set_end(now + plan.churn->call_duration);
    watch(index, EPOLLIN | EPOLLOUT, EPOLL_CTL_ADD);
    free_.pop_back();
    wheel_[number * slots_apart % slots].push_back(index);
    ++on_wheel_;
}

void load::watch(std::uint32_t index, std::uint32_t events, int operation) const {
    epoll_event event{};
    event.events = events;
    event.data.u32 = index;
    epoll_ctl(epoll_, operation, calls_[index]->descriptor(), &event);
}

std::vector<std::uint32_t>& load::leaving_in(std::int64_t slot) {
    return calendar_[static_cast<std::size_t>(slot) % calendar_.size()];
}

void load::visit_slot() {
    auto& slot = wheel_[static_cast<std::size_t>(slot_) % slots];
    for (std::size_t i = 0; i < slot.size();) {
        visit(slot[i]);
        if (calls_[slot[i]]->now_is() != load_call::state::over) {
            ++i;
            continue;
        }
        free_.push_back(slot[i]);
        slot[i] = slot.back();
        slot.pop_back();
        --on_wheel_;
    }
}

void load::visit(std::uint32_t index) {
    load_call& call = *calls_[index];
    if (call.now_is() != load_call::state::up) return call.check_patience(now_, with_);
    send_leaving(index); // frames that a late turn left behind
    if (const auto leaves = schedules_[index].add(slot_); leaves > slot_) leaving_in(leaves).push_back(index);
    send_leaving(index);
    if (call.now_is() != load_call::state::up || now_ < call.ends_at()) return;
    // The call goes on until its frames have come back, so that no frame counts as lost because the caller hung up.
    call.end_measured(with_);
    if (call.is_settled(with_) || now_ - call.ends_at() > settle_patience) call.leave(now_, with_);
}

void load::send_leaving(std::uint32_t index) {
    load_call& call = *calls_[index];
    while (call.now_is() == load_call::state::up) {
        const auto left = schedules_[index].take(slot_);
        if (!left) return;
        call.send_frame(time_of(*left), with_);
    }
}

void load::receive() {
    constexpr int events_max = 256;
    constexpr int rounds_max = 16; // then sending is due again
    std::array<epoll_event, events_max> events;
    for (int round = 0; round < rounds_max; ++round) {
        const int ready = epoll_wait(epoll_, events.data(), events_max, 0);
        if (ready <= 0) return;
        for (const auto& event : std::span(events).first(static_cast<std::size_t>(ready))) {
            load_call& call = *calls_[event.data.u32];
            if (call.now_is() == load_call::state::connecting) {
                if (call.connected(clock::now(), with_)) watch(event.data.u32, EPOLLIN, EPOLL_CTL_MOD);
            } else if (call.now_is() != load_call::state::over) {
                call.read(with_);
            }
        }
    }
}

void load::publish(live_figures& live) const {
    std::uint64_t up = 0;
    for (const auto& slot : wheel_)
        for (const auto index : slot)
            up += calls_[index]->now_is() == load_call::state::up ? 1U : 0U;
    live.calls_up = up;
    live.calls_lost = with_.seen.calls_failed + with_.seen.calls_killed + with_.seen.calls_ended_by_server;
    live.frames_received = with_.all_frames_received;
    live.jitter_p99_ns = with_.seen.jitter.at(0.99).count();
    live.round_trip_p99_ns = with_.seen.round_trip.at(0.99).count();
}

} // namespace audiosocket::app::bench
