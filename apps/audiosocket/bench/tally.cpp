// SPDX-License-Identifier: Apache-2.0
#include "bench/tally.hpp"

#include <algorithm>

namespace audiosocket::app::bench {

void tally::merge(const tally& other) {
    if (first_failure == 0) first_failure = other.first_failure;
    for (const auto count :
         {&tally::calls_placed, &tally::calls_failed, &tally::calls_killed, &tally::calls_ended_by_server,
          &tally::calls_silent, &tally::calls_held_back, &tally::calls_up, &tally::frames_sent, &tally::frames_received,
          &tally::frames_returned, &tally::frames_again, &tally::frames_late, &tally::frames_torn,
          &tally::samples_foreign, &tally::messages_unlawful, &tally::arrivals_without_stamp})
        this->*count += other.*count;
    for (const auto figure :
         {&tally::round_trip, &tally::jitter, &tally::grid, &tally::first_frame, &tally::connect, &tally::own_lateness})
        (this->*figure).merge(other.*figure);
    cpu += other.cpu;
    cpu_busiest = std::max(cpu_busiest, other.cpu_busiest);
}

} // namespace audiosocket::app::bench
