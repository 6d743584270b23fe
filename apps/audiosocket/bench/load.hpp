// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "bench/load_call.hpp"
#include "bench/send_schedule.hpp"

#include <array>
#include <atomic>
#include <chrono>
#include <memory>
#include <optional>
#include <vector>

namespace audiosocket::app::bench {

/// Short calls that are placed all the time.
struct churn {
    double calls_a_second = 0;
    std::chrono::milliseconds call_duration{1000};
};

/// One thread's share of a measurement.
struct load_plan {
    std::size_t calls = 0; ///< In progress at the end of the ramp; with churn: the most at once.
    time_point begin;
    time_point ramped; ///< The calls are placed evenly from `begin` to here.
    time_point from;   ///< Measured from here ...
    time_point to;     ///< ... to here.
    std::optional<bench::churn> churn;
};

/// Figures that other threads may read during the measurement.
struct live_figures {
    std::atomic<std::uint64_t> calls_up{0};
    std::atomic<std::uint64_t> calls_lost{0}; ///< Failed, killed, or ended by the server.
    std::atomic<std::uint64_t> frames_received{0};
    std::atomic<std::int64_t> jitter_p99_ns{0};
    std::atomic<std::int64_t> round_trip_p99_ns{0};
};

/// The calls of one thread.
///
/// How it works: a wheel of 160 slots of 125 us turns once in 20 ms. A call has a slot on it, in which it sends a frame
/// in each turn. With caller jitter a frame is sent later than its slot: it then waits in a calendar, a ring of slots
/// that is as long as the longest delay. The thread wakes for each slot that has calls (and every millisecond), lets
/// them send, and reads what has arrived. So the server's messages never have to wake the thread, which would be extra
/// work; the kernel records the time of arrival. Calls are spread evenly over the slots by the golden ratio, whatever
/// their number.
///
/// A call stays on the wheel until its slot is reached after its end: only then is its place free for another call.
class load {
  public:
    /// `first` of `step` threads: its calls are first, first + step ...; `epoch` is when all their wheels began. Each
    /// frame is sent up to `caller_jitter` late; that is at most caller_jitter_max.
    load(const endpoint& server, mode what, const numbered_frames& frames, std::size_t first, std::size_t step,
         time_point epoch, std::chrono::nanoseconds caller_jitter);
    ~load();
    load(const load&) = delete;
    load& operator=(const load&) = delete;

    /// Adds calls to those in progress, measures, and returns when each frame of the measured time has come back, or a
    /// second after that time. The calls stay in progress; if run() is not called again soon, call end_calls(). `stop`
    /// ends it early.
    tally run(const load_plan& plan, const std::atomic<bool>& stop, live_figures& live);

    /// Ends all calls with FIN and reads on for at most a second.
    void end_calls();

  private:
    static constexpr std::size_t slots = 160;

    void turn();
    void wait_for_slot();
    void advance(const load_plan& plan, bool stopped);
    void begin_measuring();
    void end_measuring();
    bool all_settled() const;

    void place_due(const load_plan& plan);
    void place(const load_plan& plan);
    time_point time_of(std::int64_t slot) const { return epoch_ + slot * slot_time; }
    std::vector<std::uint32_t>& leaving_in(std::int64_t slot);
    void visit_slot();
    void visit(std::uint32_t index);
    void send_leaving(std::uint32_t index);
    void watch(std::uint32_t index, std::uint32_t events, int operation) const;
    void receive();
    void publish(live_figures& live) const;

    endpoint server_;
    std::size_t first_;
    std::size_t step_;
    time_point epoch_;
    int epoll_ = -1;
    std::vector<std::byte> buffer_;
    surroundings with_;

    std::vector<std::unique_ptr<load_call>> calls_;
    std::vector<send_schedule> schedules_; // of the call at the same index
    std::vector<std::uint32_t> free_;      // indices in calls_
    std::array<std::vector<std::uint32_t>, slots> wheel_;
    std::size_t on_wheel_ = 0;
    // Calls that have a frame to send in a slot. The call may have ended since; its index may then belong to another
    // call, which still sends no frame too early.
    std::array<std::vector<std::uint32_t>, caller_jitter_slots_max + 1> calendar_;
    std::int64_t jitter_slots_;
    std::size_t placed_ever_ = 0;

    std::int64_t slot_ = 0; // the next slot since epoch
    time_point now_;

    enum class phase { before, measuring, after };
    phase phase_ = phase::before;
    time_point after_since_;
    std::chrono::nanoseconds cpu_before_{};
    std::size_t planned_before_ = 0; // calls in progress when the plan began
};

} // namespace audiosocket::app::bench
