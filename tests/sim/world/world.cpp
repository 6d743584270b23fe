// SPDX-License-Identifier: Apache-2.0
// Time, events and threads of the world.
#include "sim/world/kernel.hpp"

#include <algorithm>
#include <cassert>
#include <cstdio>
#include <cstdlib>
#include <stdexcept>
#include <thread>

namespace audiosocket::sim {
namespace {

// What a system call costs.
constexpr std::chrono::microseconds system_call_time{1};

// A loop that only reads the clock must end: after so many reads, each costs time.
constexpr std::uint64_t free_clock_reads = 1000;

// A machine that makes so many system calls while nothing happens outside, ten seconds of them, never ends.
constexpr std::uint64_t calls_between_events_max = 10'000'000;

void push(std::vector<event_entry>& heap, event_entry entry) {
    heap.push_back(std::move(entry));
    std::push_heap(heap.begin(), heap.end());
}

event_entry pop(std::vector<event_entry>& heap) {
    std::pop_heap(heap.begin(), heap.end());
    event_entry first = std::move(heap.back());
    heap.pop_back();
    return first;
}

} // namespace

kernel* kernel::present = nullptr;

kernel::kernel(world& outside, std::uint64_t seed_of_world)
    : outer(outside), seed(seed_of_world), random(seed_of_world) {}

kernel::~kernel() = default;

void kernel::schedule(nanoseconds when, std::function<void()> what) {
    push(events, {when, next_order++, std::move(what)});
}

void kernel::schedule_call(nanoseconds when, std::function<void()> what) {
    push(calls, {when, next_order++, std::move(what)});
}

void kernel::run_events() {
    if (std::exchange(in_events, true)) return;
    while (!events.empty() && events.front().at <= now) {
        ++figures.events;
        calls_since_event = 0;
        pop(events).what();
    }
    in_events = false;
}

// Functions of the test call the code under test, so they must not run within one of its system calls.
void kernel::run_calls() {
    if (depth > 1) return;
    while (!calls.empty() && calls.front().at <= now) {
        calls_since_event = 0;
        pop(calls).what();
    }
}

void kernel::system_call() {
    ++figures.system_calls;
    if (++calls_since_event > calls_between_events_max) { // not an exception: Asio calls this where it allows none
        std::fputs("simulated world: the machine makes system calls without end, and nothing happens\n", stderr);
        std::abort();
    }
    clock_reads = 0;
    charge(system_call_time);
    run_events();
}

// The running thread uses the processor for this time.
void kernel::charge(nanoseconds time) {
    now += time;
    if (running < threads.size()) threads[running].used += time;
}

// Polls each thread that is not blocked. Returns whether any had work.
bool kernel::poll_threads() {
    bool worked = false;
    const std::size_t count = threads.size();
    const std::size_t first = count > 1 ? random.below(count) : 0;
    for (std::size_t i = 0; i < count; ++i)
        worked = poll((first + i) % count) || worked;
    return worked;
}

bool kernel::poll(std::size_t index) {
    if (threads[index].busy || threads[index].is_removed) return false;
    const std::size_t before = std::exchange(running, index);
    threads[index].busy = true;
    boost::asio::io_context& io = *threads[index].io;
    bool worked = true;
    try {
        if (io.stopped()) io.restart();
        worked = io.poll() > 0;
    } catch (...) {
        running = before;
        threads[index].busy = false;
        if (!outer.on_exception) throw;
        outer.on_exception(std::current_exception());
        return true;
    }
    running = before;
    threads[index].busy = false;
    return worked;
}

void kernel::run(const std::function<bool()>* condition, nanoseconds until) {
    struct nesting {
        explicit nesting(int& d) : depth(++d) {}
        nesting(const nesting&) = delete;
        nesting& operator=(const nesting&) = delete;
        ~nesting() { --depth; }
        int& depth;
    } const here(depth);
    while (condition == nullptr || !(*condition)()) {
        run_events();
        run_calls();
        woken = false; // an event may come while a thread is polled that it does not wake
        const bool worked = poll_threads() || woken;
        if (worked && outer.on_step) outer.on_step();
        if (now >= until) return;
        if (worked) continue;
        nanoseconds next = until;
        if (!events.empty()) next = std::min(next, events.front().at);
        if (depth == 1 && !calls.empty()) next = std::min(next, calls.front().at);
        if (next == nanoseconds::max()) throw std::runtime_error("a wait without a limit, and nothing can happen");
        now = std::max(now, next);
    }
}

// Runs the rest of the machine while this thread is blocked. A real thread of its own does that, because Asio and the
// library know by thread-local variables which io_context runs here. The real threads never run at the same time. A
// thread that blocks meanwhile, for longer, delays the return.
void kernel::run_others(const std::function<bool()>* condition, nanoseconds until) {
    const std::size_t thread = running;
    const bool was_in_events = std::exchange(in_events, false);
    if (thread >= threads.size()) {
        run(condition, until);
    } else {
        std::exception_ptr thrown;
        std::thread others([&] {
            try {
                run(condition, until);
            } catch (...) {
                thrown = std::current_exception();
            }
        });
        others.join();
        if (thrown) std::rethrow_exception(thrown);
    }
    in_events = was_in_events;
    running = thread;
}

void kernel::pause_thread(nanoseconds time, bool computes) {
    const std::size_t thread = running;
    const nanoseconds before = now;
    run_others(nullptr, now + time);
    if (thread >= threads.size()) return;
    threads[thread].lost += now - before;
    if (computes) threads[thread].used += now - before;
}

bool kernel::wait_for(description& what, std::uint32_t wanted, nanoseconds most) {
    const std::function<bool()> ready = [&] { return (what.ready() & (wanted | EPOLLERR | EPOLLHUP)) != 0; };
    run_others(&ready, most < nanoseconds::max() - now ? now + most : nanoseconds::max());
    return ready();
}

void kernel::add_to_trace(std::uint64_t a, std::uint64_t b) noexcept {
    for (const std::uint64_t word : {static_cast<std::uint64_t>(now.count()), a, b}) {
        hash = (hash ^ word) * 0x9E3779B97F4A7C15U;
        hash ^= hash >> 32U;
    }
}

// --- world ---

world::world(std::uint64_t seed) : kernel_(std::make_unique<kernel>(*this, seed)) {
    if (kernel::present != nullptr) throw std::logic_error("a world exists already");
    kernel::present = kernel_.get();
}

world::~world() {
    kernel::present = nullptr;
}

dice world::dice_for(std::uint64_t part) const noexcept {
    return dice(kernel_->seed, ~part);
}

nanoseconds world::now() const noexcept {
    return kernel_->now;
}

void world::at(nanoseconds when, std::function<void()> what) {
    kernel_->schedule_call(when, std::move(what));
}

void world::after(nanoseconds wait, std::function<void()> what) {
    at(now() + wait, std::move(what));
}

void world::remote_after(nanoseconds wait, std::function<void()> what) {
    kernel_->schedule(now() + wait, std::move(what));
}

void world::run_for(nanoseconds time) {
    kernel_->run(nullptr, now() + time);
}

bool world::run_until(const std::function<bool()>& condition, nanoseconds most) {
    kernel_->run(&condition, now() + most);
    return condition();
}

void world::add(boost::asio::io_context& thread) {
    kernel_->threads.push_back({&thread});
}

void world::remove(boost::asio::io_context& thread) {
    for (auto& one : kernel_->threads)
        if (one.io == &thread) one.is_removed = true;
}

void world::block(nanoseconds time) {
    kernel_->pause_thread(time, false);
}

void world::compute(nanoseconds time) {
    kernel_->pause_thread(time, true);
}

void world::stand_still(nanoseconds time) {
    kernel_->now += time;
    for (auto& thread : kernel_->threads)
        thread.lost += time;
}

nanoseconds world::lost_time(const boost::asio::execution_context& thread) const noexcept {
    for (const auto& one : kernel_->threads)
        if (one.io == &thread) return one.lost;
    return {};
}

void world::move_wall_clock(nanoseconds by) {
    kernel_->wall_offset += by;
}

void world::fail_accept(int error) {
    kernel_->accept_error = error;
    if (error != 0) return;
    for (auto* const one : kernel_->listeners)
        if (!one->accepted.empty()) one->wake(EPOLLIN);
}

void world::set_files_max(std::size_t count) {
    kernel_->files_max = count;
}

std::size_t world::open_descriptors() const noexcept {
    return kernel_->open_count;
}

std::uint64_t world::trace() const noexcept {
    return kernel_->hash;
}

void world::note(std::uint64_t what) noexcept {
    kernel_->add_to_trace(0x7E57, what);
}

const world_figures& world::figures() const noexcept {
    return kernel_->figures;
}

// --- Called by libc.cpp ---

void count_clock_read(kernel& k) noexcept {
    if (++k.clock_reads > free_clock_reads) k.now += std::chrono::microseconds(1);
}

} // namespace audiosocket::sim
