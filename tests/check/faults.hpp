// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <string_view>

namespace audiosocket::test {

/// A mistake of a server, and the case of `audiosocket check` that must find it.
struct fault {
    std::string_view name;
    int breaks; ///< The number of the case; 0: no fault.
    /// Runs alone on its server: it harms all calls of the server, or needs its own options.
    bool alone = false;
    bool lasts = false;  ///< The case belongs to --long.
    int breaks_also = 0; ///< A second case.
};

inline constexpr std::array faults = std::to_array<fault>({
    {"none", 0},
    {"wants-the-id-whole", 2},
    {"keeps-closed-connections", 3},
    {"waits-for-the-id-for-ever", 4},
    {"takes-audio-without-id", 5},
    {"ignores-a-second-id", 6},
    {"takes-ids-of-15-bytes", 7},
    {"finds-calls-by-id", 8},
    {"closes-late", 9},
    {"stops-at-a-reset", 10, true},
    {"keeps-half-headers", 11},
    {"keeps-half-payloads", 12},
    {"ignores-hangup", 13},
    {"ignores-hangup-with-payload", 14},
    {"ignores-errors", 15},
    {"plays-on-after-fin", 16},
    {"ends-with-a-reset", 17},
    {"closes-without-reading-on", 17},
    {"leaks-descriptors", 18},
    {"loses-a-frame", 19, true},
    {"knows-320-bytes-only", 20},
    {"gives-up-on-drips", 21},
    {"keeps-one-second", 22},
    {"misreads-a-split", 23},
    {"spins-on-empty-audio", 24, true},
    {"carries-half-a-sample", 25},
    {"chokes-on-long-messages", 26},
    {"takes-slin44-for-slin48", 27},
    {"takes-the-first-kind-for-all", 28},
    {"chokes-on-ulaw", 29},
    {"hears-digits-first", 30},
    {"reads-past-digits", 31},
    {"closes-on-unknown-kinds", 32},
    {"answers-http", 33},
    {"sends-in-pieces", 34, true},
    {"sends-digits-back", 35},
    {"waits-to-hear", 36},
    {"pauses-with-the-caller", 37},
    {"runs-fast", 38, true, true},
    {"jitters", 39, true, true},
    {"stalls-with-its-application", 40},
    {"has-few-slots", 41, true, true},
    {"counts-bytes-as-life", 42, true, true},
    {"has-no-cap", 43},
    {"spins-without-descriptors", 44},
    {"sends-with-patience", 45, true},
    {"works-on-each-frame", 46, true},
    {"reads-when-its-application-does", 47},
    {"hangs-up-on-silence", 48, true, true},
    {"dies-at-sigterm", 49},
    {"refuses-during-hand-over", 50, true},
    {"plays-to-the-end", 51},
    {"slips-a-sample", 52, true, true},
    {"leaks-memory", 53, true, true},
    {"answers-a-voice-in-ulaw", 54},
    {"swaps-the-bytes-of-a-voice", 55},
    {"doubles-the-rate-of-a-voice", 56},
    {"plays-a-header-before-a-voice", 57},
    {"answers-a-voice-in-bursts", 58},
    {"works-without-a-budget", 59, false, false, 60},
});

} // namespace audiosocket::test
