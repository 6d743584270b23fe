// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "bench/histogram.hpp"

#include <cstdint>

namespace audiosocket::app::bench {

/// What one thread, or all of them together, saw of a server.
struct tally {
    // Calls, from the first that was placed for this measurement.
    std::uint64_t calls_placed = 0;
    std::uint64_t calls_failed = 0; ///< No connection, or none within two seconds.
    std::uint64_t calls_killed = 0; ///< A frame was not taken at once: Asterisk would have ended the call.
    std::uint64_t calls_ended_by_server = 0;
    std::uint64_t calls_silent = 0;    ///< Were up for a second or more, and the server never sent audio.
    std::uint64_t calls_held_back = 0; ///< Churn: not placed, because as many as are allowed were up.
    std::uint64_t calls_up = 0;        ///< At the end of the measured time.
    int first_failure = 0;             ///< The errno of the first call that failed.

    // Frames of the measured time: sent in it, or arrived in it.
    std::uint64_t frames_sent = 0;
    std::uint64_t frames_received = 0;
    std::uint64_t frames_returned = 0; ///< Of those sent: came back whole, once or more.
    std::uint64_t frames_again = 0;
    std::uint64_t frames_late = 0; ///< Came back after one that was sent later.
    std::uint64_t frames_torn = 0;
    std::uint64_t samples_foreign = 0;        ///< Came back though they were never sent.
    std::uint64_t messages_unlawful = 0;      ///< Asterisk would have ended the call at them.
    std::uint64_t arrivals_without_stamp = 0; ///< Messages whose time the kernel did not tell.

    histogram round_trip;
    histogram jitter;      ///< How far the gap between two frames was from the length of the first.
    histogram grid;        ///< How far a frame was from the grid that fits the frames around it best.
    histogram first_frame; ///< From the id to the first audio.
    histogram connect;     ///< From connect() to a connection.
    histogram own_lateness;

    std::chrono::nanoseconds cpu{};         ///< Our own processor time, of all threads.
    std::chrono::nanoseconds cpu_busiest{}; ///< Of the busiest thread.

    std::uint64_t frames_lost() const noexcept { return frames_sent - frames_returned; }
    void merge(const tally& other);
};

} // namespace audiosocket::app::bench
