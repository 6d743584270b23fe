// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "bench/generator.hpp"

#include <functional>
#include <optional>
#include <string_view>
#include <vector>

namespace audiosocket::app::bench {

/// Which numbers of calls to try. The number doubles while the calls are held. Then it is half-way between a number
/// that was held and a number that was not, until they are within 5 %.
///
/// Other processes disturb a machine now and then, and a disturbed step is not the server's fault. So a number is tried
/// again before it counts as not held. At the end of the search the lowest number that was not held is tried once more,
/// because a disturbance may have lasted for both tries. If it is held then, the search goes on from there.
class capacity_search {
  public:
    capacity_search(std::size_t first, std::size_t calls_max) noexcept;

    /// Returns the number of calls to try next; nothing when the result is known.
    std::optional<std::size_t> next() const noexcept;

    void held() noexcept;
    void failed() noexcept;

    std::size_t most_held() const noexcept { return most_held_; }

    /// Returns the lowest number that was tried often enough and not held.
    std::optional<std::size_t> least_failed() const noexcept { return least_failed_; }

  private:
    bool is_close() const noexcept;
    void settle() noexcept;

    std::size_t next_;
    std::size_t calls_max_;
    std::size_t most_held_ = 0;
    std::optional<std::size_t> least_failed_;
    bool repeats_ = false;  // next_ has failed once
    bool confirms_ = false; // next_ is least_failed_, tried once more
    int refutations_ = 0;   // failures that turned out to be disturbances
    bool done_ = false;
};

/// What limits the number of calls.
enum class bound {
    none,
    jitter,       ///< p99 over --jitter-bound.
    round_trip,   ///< p99 over the sum of a frame, --jitter-bound and --caller-jitter.
    frames_lost,  ///< More than one in a thousand.
    calls_failed, ///< No connection.
    calls_killed, ///< The server did not read.
    calls_ended,  ///< By the server.
    calls_silent, ///< The server sent nothing.
    generator,    ///< The generator itself was late, or has no more processor time.
    own_limits,   ///< Open files or ports of this machine.
};
std::string_view name(bound b) noexcept;

struct bounds {
    std::chrono::nanoseconds jitter_p99 = std::chrono::milliseconds(5);
    std::size_t calls_max = 0;                ///< Limit of this machine.
    std::chrono::nanoseconds caller_jitter{}; ///< A server that evens it out delays a frame by this time.

    std::chrono::nanoseconds round_trip_p99() const noexcept;
};

/// Returns what this measurement shows about its number of calls.
bound judge(const measurement& m, mode what, const bounds& allowed);

struct capacity {
    struct tried {
        measurement measured;
        bench::bound bound = bound::none;
    };
    std::size_t calls = 0;                 ///< The most that was held.
    bench::bound bounded_by = bound::none; ///< None if it was interrupted first.
    std::vector<tried> steps;

    /// Returns the step that held these calls; null if none did.
    const measurement* best() const noexcept;
    /// Returns whether the server may hold more calls than this machine could try.
    bool at_least() const noexcept {
        return bounded_by == bound::generator || bounded_by == bound::own_limits || bounded_by == bound::none;
    }
    /// Returns the calls for each core of the server; 0 if its process is unknown.
    double calls_a_core() const noexcept;
};

/// Searches for the capacity; `on_step` gets each step when it is done. An interruption ends the search with the result
/// so far.
capacity find_capacity(generator& load, mode what, std::size_t first_calls, std::chrono::nanoseconds step_duration,
                       const bounds& allowed, const interruption& interrupted,
                       const std::function<void(const capacity::tried&)>& on_step);

/// Returns the time for placing this number of calls at a fixed rate.
std::chrono::nanoseconds ramp_for(std::size_t calls) noexcept;

} // namespace audiosocket::app::bench
