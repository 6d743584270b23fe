// SPDX-License-Identifier: Apache-2.0
#include "bench/generator.hpp"

#include "base/failure.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <thread>

namespace audiosocket::app::bench {
namespace {

using std::chrono::milliseconds;
using std::chrono::nanoseconds;

// Time from the end of the ramp to the measured time: connections are made, first frames arrive, caches fill.
constexpr std::chrono::seconds settling{1};

// Threads are started before their first slot is due.
constexpr milliseconds start_margin{5};

constexpr milliseconds progress_every{500};

// Interval of the check whether the threads have ended. After that time, calls in progress are not served.
constexpr milliseconds end_resolution{10};

double seconds(nanoseconds d) {
    return std::chrono::duration<double>(d).count();
}

} // namespace

double measurement::cpu_us_per_frame() const noexcept {
    if (!server || seen.frames_received == 0) return 0;
    return seconds(server->cpu) * 1e6 / static_cast<double>(seen.frames_received);
}

double measurement::server_cores() const noexcept {
    return server && duration.count() > 0 ? seconds(server->cpu) / seconds(duration) : 0;
}

double measurement::own_cores() const noexcept {
    return duration.count() > 0 ? seconds(seen.cpu) / seconds(duration) : 0;
}

generator::generator(const generator_options& options, interruption& interrupted,
                     std::function<void(const progress&)> on_progress)
    : options_(options), interrupted_(interrupted), on_progress_(std::move(on_progress)) {
    if (const auto seen = look_at_server())
        before_ = idle_ = *seen;
    else if (options.server_pid)
        throw wrong_value("--server-pid", std::to_string(*options.server_pid),
                          "no such process, or no permission to see its figures");
    const auto epoch = clock::now();
    for (std::size_t i = 0; i < options.shards; ++i) {
        shards_.push_back(std::make_unique<shard>());
        shards_.back()->calls = std::make_unique<load>(options.server, options.mode, frames_, i, options.shards, epoch,
                                                       options.caller_jitter);
    }
}

std::optional<process_figures> generator::look_at_server() const {
    return options_.server_pid ? look_at(*options_.server_pid) : std::nullopt;
}

void generator::idle_are_up() {
    idle_ = look_at_server().value_or(before_);
}

// The first `calls % shards` threads have one more call.
load_plan generator::plan_for(std::size_t which, const step& what, time_point begin) const {
    const auto all = options_.shards;
    load_plan plan;
    plan.calls = what.calls / all + (which < what.calls % all ? 1 : 0);
    plan.begin = begin;
    plan.ramped = begin + what.ramp;
    plan.from = plan.ramped + settling;
    plan.to = plan.from + what.duration;
    if (options_.churn)
        plan.churn = {options_.churn->calls_a_second / static_cast<double>(all), options_.churn->call_duration};
    return plan;
}

measurement generator::measure(const step& what) {
    measurement result;
    result.calls = what.calls;
    const auto begin = clock::now() + start_margin;
    std::vector<std::jthread> threads;
    // NOLINTNEXTLINE(modernize-loop-convert): the plan depends on the index
    for (std::size_t i = 0; i < shards_.size(); ++i) {
        shard& s = *shards_[i];
        s.done = false;
        threads.emplace_back([this, &s, plan = plan_for(i, what, begin)] {
            s.seen = s.calls->run(plan, stop_, s.live);
            s.done = true;
        });
    }
    watch_over(plan_for(0, what, begin), result);
    threads.clear();
    for (const auto& s : shards_)
        result.seen.merge(s->seen);
    return result;
}

// Waits until all threads have ended, and reads the server's figures at both ends of the measured time.
void generator::watch_over(const load_plan& plan, measurement& into) {
    std::optional<time_point> from;
    std::optional<time_point> to;
    std::optional<process_figures> first;
    progress_at_ = clock::now();
    while (!all_done()) {
        auto wake = clock::now() + (to ? end_resolution : progress_every);
        if (!from) wake = std::min(wake, plan.from);
        if (from && !to) wake = std::min(wake, plan.to);
        if (interrupted_.wait_until(wake)) stop_ = true;
        const auto now = clock::now();
        if (!from && now >= plan.from) {
            from = now;
            machine_.restart();
            first = look_at_server();
        }
        if (from && !to && (now >= plan.to || stop_)) {
            to = now;
            into.duration = *to - *from;
            into.machine_overshoot = machine_.overshoot();
            if (const auto last = look_at_server(); first && last) into.server = cost(*first, *last);
        }
        if (!to && now - progress_at_ >= progress_every) report_progress(now, plan.to);
    }
}

server_cost generator::cost(const process_figures& first, const process_figures& last) const {
    server_cost c;
    c.pid = *options_.server_pid;
    c.cpu = last.cpu - first.cpu;
    // The count of a thread that has ended is lost.
    c.context_switches = last.context_switches - std::min(first.context_switches, last.context_switches);
    c.threads = last.threads;
    c.resident_bytes_before = before_.resident_bytes;
    c.resident_bytes_idle = idle_.resident_bytes;
    c.resident_bytes_up = last.resident_bytes;
    return c;
}

bool generator::all_done() const {
    return std::ranges::all_of(shards_, [](const auto& s) { return s->done.load(); });
}

void generator::report_progress(time_point now, time_point end) {
    progress p;
    std::uint64_t frames = 0;
    for (const auto& s : shards_) {
        p.calls_up += s->live.calls_up;
        p.calls_lost += s->live.calls_lost;
        frames += s->live.frames_received;
        p.jitter_p99 = std::max(p.jitter_p99, nanoseconds(s->live.jitter_p99_ns));
        p.round_trip_p99 = std::max(p.round_trip_p99, nanoseconds(s->live.round_trip_p99_ns));
    }
    p.frames_a_second = static_cast<double>(frames - std::min(frames, progress_frames_)) / seconds(now - progress_at_);
    p.left = std::max<nanoseconds>(end - now, nanoseconds(0));
    progress_at_ = now;
    progress_frames_ = frames;
    on_progress_(p);
}

void generator::end_calls() {
    std::vector<std::jthread> threads;
    for (const auto& s : shards_)
        threads.emplace_back([&calls = *s->calls] { calls.end_calls(); });
}

} // namespace audiosocket::app::bench
