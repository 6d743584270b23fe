// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/process_figures.hpp"
#include "bench/interruption.hpp"
#include "bench/load.hpp"
#include "bench/sleep_watch.hpp"

#include <functional>
#include <memory>
#include <optional>
#include <vector>

namespace audiosocket::app::bench {

/// The options of a measurement.
struct generator_options {
    endpoint server;
    bench::mode mode = bench::mode::echo;
    std::optional<bench::churn> churn;
    std::chrono::nanoseconds caller_jitter{}; ///< Each frame is sent up to this much late.
    std::size_t shards = 1;
    std::optional<pid_t> server_pid;
};

/// One measurement: this number of calls for this time.
struct step {
    std::size_t calls = 0;
    std::chrono::nanoseconds ramp{};
    std::chrono::nanoseconds duration{};
};

/// The cost of the measured time for the server's process.
struct server_cost {
    pid_t pid = 0;
    std::chrono::nanoseconds cpu{};
    std::uint64_t context_switches = 0;
    std::size_t threads = 0;
    std::size_t resident_bytes_before = 0; ///< Before the first connection.
    std::size_t resident_bytes_idle = 0;   ///< With the idle connections, before the first call.
    std::size_t resident_bytes_up = 0;     ///< At the end of the measured time.
};

struct measurement {
    std::size_t calls = 0; ///< The number that was asked for.
    std::chrono::nanoseconds duration{};
    tally seen;
    histogram machine_overshoot;
    std::optional<server_cost> server;

    /// Returns the processor time for each frame that the server sent.
    double cpu_us_per_frame() const noexcept;
    double server_cores() const noexcept;
    double own_cores() const noexcept;
};

/// Makes load in several threads, and measures. Calls stay in progress from one measurement to the next.
class generator {
  public:
    /// Reported during a measurement, a few times a second.
    struct progress {
        std::uint64_t calls_up = 0;
        std::uint64_t calls_lost = 0;
        double frames_a_second = 0;
        std::chrono::nanoseconds jitter_p99{};
        std::chrono::nanoseconds round_trip_p99{};
        std::chrono::nanoseconds left{};
    };

    /// Reads the figures of the server's process, which should have no calls yet. Throws failure (usage) if there is
    /// none.
    generator(const generator_options& options, interruption& interrupted,
              std::function<void(const progress&)> on_progress);

    /// Called when the idle connections are open, so that their memory does not count for the calls.
    void idle_are_up();

    measurement measure(const step& what);
    void end_calls();

  private:
    struct shard {
        std::unique_ptr<load> calls;
        live_figures live;
        tally seen;
        std::atomic<bool> done{false};
    };

    load_plan plan_for(std::size_t which, const step& what, time_point begin) const;
    bool all_done() const;
    std::optional<process_figures> look_at_server() const;
    server_cost cost(const process_figures& first, const process_figures& last) const;
    void watch_over(const load_plan& plan, measurement& into);
    void report_progress(time_point now, time_point end);

    generator_options options_;
    interruption& interrupted_;
    std::function<void(const progress&)> on_progress_;
    numbered_frames frames_;
    std::vector<std::unique_ptr<shard>> shards_;
    std::atomic<bool> stop_{false};
    sleep_watch machine_;
    process_figures before_;
    process_figures idle_;
    time_point progress_at_;
    std::uint64_t progress_frames_ = 0;
};

} // namespace audiosocket::app::bench
