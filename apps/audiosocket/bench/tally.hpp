// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "bench/histogram.hpp"

#include <cstdint>

namespace audiosocket::app::bench {

/// Counters of one thread, or the sum of all.
struct tally {
    // Calls, from the first call of this measurement on.
    std::uint64_t calls_placed = 0;
    std::uint64_t calls_failed = 0; ///< No connection within two seconds.
    std::uint64_t calls_killed = 0; ///< The kernel did not take a frame at once: Asterisk would have ended the call.
    std::uint64_t calls_ended_by_server = 0;
    std::uint64_t calls_silent = 0;    ///< In progress for a second or more, without audio from the server.
    std::uint64_t calls_held_back = 0; ///< Churn: not placed, because the most allowed calls were in progress.
    std::uint64_t calls_up = 0;        ///< At the end of the measured time.
    int first_failure = 0;             ///< The errno of the first call that failed.

    // Frames of the measured time: sent in it, or arrived in it.
    std::uint64_t frames_sent = 0;
    std::uint64_t frames_received = 0;
    std::uint64_t frames_returned = 0; ///< Of those sent: came back complete, at least once.
    std::uint64_t frames_again = 0;
    std::uint64_t frames_late = 0; ///< Came back after a frame that was sent later.
    std::uint64_t frames_torn = 0;
    std::uint64_t samples_foreign = 0;        ///< Came back although they were never sent.
    std::uint64_t messages_unlawful = 0;      ///< Asterisk would have ended the call because of them.
    std::uint64_t arrivals_without_stamp = 0; ///< Messages without the kernel's time of arrival.

    histogram round_trip;
    histogram jitter;      ///< Difference between the gap of two frames and the length of the first.
    histogram grid;        ///< Distance of a frame from the grid that best fits the frames around it.
    histogram first_frame; ///< From the id to the first audio.
    histogram connect;     ///< From connect() to a connection.
    histogram own_lateness;

    std::chrono::nanoseconds cpu{};         ///< Our own processor time, of all threads.
    std::chrono::nanoseconds cpu_busiest{}; ///< Of the busiest thread.

    std::uint64_t frames_lost() const noexcept { return frames_sent - frames_returned; }
    void merge(const tally& other);
};

} // namespace audiosocket::app::bench
