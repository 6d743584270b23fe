// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "bench/generator.hpp"

#include <functional>
#include <optional>
#include <string_view>
#include <vector>

namespace audiosocket::app::bench {

/// Which numbers of calls to try: twice as many while all goes well, then half-way between what was held and what was
/// not, until they are within 5 %.
///
/// A machine is disturbed now and then, and a search that takes a disturbance for the server ends far too low. So a
/// number is tried again before it counts as not held. When the search is at its end, the lowest number that was not
/// held is tried once more: a disturbance may have lasted for both tries. Held then, the search goes on from there.
class capacity_search {
  public:
    capacity_search(std::size_t first, std::size_t calls_max) noexcept;

    /// Calls to be tried next; nothing when the answer is known.
    std::optional<std::size_t> next() const noexcept;

    void held() noexcept;
    void failed() noexcept;

    std::size_t most_held() const noexcept { return most_held_; }

    /// The lowest number that was tried often enough and not held.
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

/// What keeps a server, or us, from more calls.
enum class bound {
    none,
    jitter,       ///< p99 over --jitter-bound.
    round_trip,   ///< p99 over a frame, --jitter-bound and --caller-jitter.
    frames_lost,  ///< More than one in a thousand.
    calls_failed, ///< No connection.
    calls_killed, ///< The server did not read.
    calls_ended,  ///< By the server.
    calls_silent, ///< The server sent nothing.
    generator,    ///< We were late ourselves, or have no more processor time.
    own_limits,   ///< Our open files or ports.
};
std::string_view name(bound b) noexcept;

struct bounds {
    std::chrono::nanoseconds jitter_p99 = std::chrono::milliseconds(5);
    std::size_t calls_max = 0;                ///< What our own limits allow.
    std::chrono::nanoseconds caller_jitter{}; ///< A server that evens it out holds a frame back for as long.

    std::chrono::nanoseconds round_trip_p99() const noexcept;
};

/// What this measurement says about the calls it had.
bound judge(const measurement& m, mode what, const bounds& allowed);

struct capacity {
    struct tried {
        measurement measured;
        bench::bound bound = bound::none;
    };
    std::size_t calls = 0;                 ///< The most that were held.
    bench::bound bounded_by = bound::none; ///< None where it was interrupted first.
    std::vector<tried> steps;

    /// The step that held them; null if none did.
    const measurement* best() const noexcept;
    /// Whether there may be more that we could not try.
    bool at_least() const noexcept {
        return bounded_by == bound::generator || bounded_by == bound::own_limits || bounded_by == bound::none;
    }
    /// Calls for each core of the server; 0 where its process is not known.
    double calls_a_core() const noexcept;
};

/// Finds out; `tell` gets each step when it is done. An interruption ends it with what is known by then.
capacity find_capacity(generator& load, mode what, std::size_t first_calls, std::chrono::nanoseconds step_duration,
                       const bounds& allowed, const interruption& interrupted,
                       const std::function<void(const capacity::tried&)>& tell);

/// As many calls a second are placed.
std::chrono::nanoseconds ramp_for(std::size_t calls) noexcept;

} // namespace audiosocket::app::bench
