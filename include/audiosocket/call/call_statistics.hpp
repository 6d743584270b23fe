// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstdint>

namespace audiosocket {

/// Counters of a call, since it began.
struct call_statistics {
    // From the peer.
    std::uint64_t bytes_received = 0;   ///< Bytes, headers included.
    std::uint64_t frames_received = 0;  ///< Audio messages.
    std::uint64_t samples_received = 0; ///< Samples in these messages, at the rate of their kind.
    std::uint64_t digits_received = 0;  ///< DTMF messages with a digit.
    /// Audio messages that were dropped: the application did not take them in time, they came too fast to be converted,
    /// or their kind changed too often.
    std::uint64_t frames_dropped = 0;
    /// Audio messages dropped because their rate is above call_options::rate_max_hz. `frames_dropped` does not count
    /// them.
    std::uint64_t frames_above_rate = 0;
    std::uint64_t digits_dropped = 0; ///< Digits that the application did not take in time.

    /// How unevenly audio arrives: the smoothed estimate of RFC 3550, section 6.4.1.
    std::chrono::microseconds arrival_jitter{};
    /// The longest time between two audio messages.
    std::chrono::microseconds arrival_gap_max{};

    // To the peer.
    std::uint64_t bytes_sent = 0;          ///< Bytes, headers included.
    std::uint64_t frames_sent = 0;         ///< Audio messages, silence included.
    std::uint64_t silence_frames_sent = 0; ///< Audio messages that contained only silence.
    std::uint64_t underruns = 0;           ///< Times the playout queue ran empty without a mark at its end.
    /// Frames sent more than late_after behind their time. The 15 ms that a frame may wait for late audio of the
    /// application do not count.
    std::uint64_t late_frames = 0;
    std::uint64_t skipped_frames = 0; ///< Frame times without a frame sent: the audio is delayed, not lost.
    /// Milliseconds of audio that a live call left out, because more than 100 ms had gathered in the playout queue
    /// (call_options::live).
    std::uint64_t left_out_ms = 0;
    std::chrono::microseconds lateness_max{}; ///< The most that a frame was late.
    /// Messages that the network did not take whole at once. Asterisk itself tries once and then ends the call.
    std::uint64_t stalled_sends = 0;

    // Faults of the peer that do not end the call.
    std::uint64_t empty_audio = 0;                 ///< Audio messages without payload.
    std::uint64_t odd_audio = 0;                   ///< Audio messages of an odd length: the last byte is ignored.
    std::uint64_t bad_digits = 0;                  ///< DTMF messages without a digit.
    std::uint64_t unknown_kinds = 0;               ///< Messages skipped by their length.
    std::uint64_t kind_changes = 0;                ///< Times the kind of the audio that was taken changed.
    std::uint64_t split_headers = 0;               ///< Headers that arrived in two pieces.
    std::uint64_t fragments = 0;                   ///< 1 if the peer closed inside a message.
    std::chrono::microseconds message_pause_max{}; ///< The longest pause inside a message.
};

/// How late a frame must be to count as late: a quarter of Asterisk's frame time, where a phone's jitter buffer begins
/// to suffer.
inline constexpr std::chrono::milliseconds late_after{5};

} // namespace audiosocket
