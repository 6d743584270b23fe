// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstdint>

namespace audiosocket {

/// What a call has counted so far.
struct call_statistics {
    // From the peer.
    std::uint64_t bytes_received = 0;   ///< Headers included.
    std::uint64_t frames_received = 0;  ///< Audio messages.
    std::uint64_t samples_received = 0; ///< In them, at the rate of their kind.
    std::uint64_t digits_received = 0;  ///< DTMF messages with a digit.
    /// Audio messages that the application did not take in time, that came too fast to be converted, or whose kind
    /// changed too often.
    std::uint64_t frames_dropped = 0;
    /// Audio messages of a rate above call_options::rate_max_hz, which are dropped. `frames_dropped` does not count
    /// them.
    std::uint64_t frames_above_rate = 0;
    std::uint64_t digits_dropped = 0; ///< Digits that the application did not take in time.

    /// How unevenly audio arrives: the smoothed estimate of RFC 3550, section 6.4.1.
    std::chrono::microseconds arrival_jitter{};
    /// The longest time between two audio messages.
    std::chrono::microseconds arrival_gap_max{};

    // To the peer.
    std::uint64_t bytes_sent = 0;          ///< Headers included.
    std::uint64_t frames_sent = 0;         ///< Audio messages, silence included.
    std::uint64_t silence_frames_sent = 0; ///< Audio messages that contained only silence.
    std::uint64_t underruns = 0;           ///< Times the queue ran dry with no mark at its end.
    /// Frames handed over more than late_after behind their time; the 15 ms that a frame may wait for late audio of
    /// the application do not count.
    std::uint64_t late_frames = 0;
    std::uint64_t skipped_frames = 0; ///< Frame times that passed unserved; audio is delayed, not lost.
    /// Milliseconds of audio that a live call left out after more than 100 ms of it had gathered in the playout queue,
    /// so that what follows is heard in time (call_options::live).
    std::uint64_t left_out_ms = 0;
    std::chrono::microseconds lateness_max{}; ///< The longest time that a frame was sent behind its time.
    /// Messages that the network did not take whole at once. Asterisk tries once and then ends the call.
    std::uint64_t stalled_sends = 0;

    // What the peer did that a strict reader would not like. None of it ends the call.
    std::uint64_t empty_audio = 0;                 ///< Audio messages without payload.
    std::uint64_t odd_audio = 0;                   ///< Audio messages with half a sample at the end, which is left out.
    std::uint64_t bad_digits = 0;                  ///< DTMF messages that carry no digit.
    std::uint64_t unknown_kinds = 0;               ///< Messages skipped by their length.
    std::uint64_t kind_changes = 0;                ///< Times the kind of the audio that was taken changed.
    std::uint64_t split_headers = 0;               ///< Headers that arrived in two pieces.
    std::uint64_t fragments = 0;                   ///< The peer closed inside a message (0 or 1).
    std::chrono::microseconds message_pause_max{}; ///< The longest pause inside a message.
};

/// A frame is late when a quarter of Asterisk's frame time has passed: a phone's jitter buffer starts to notice.
inline constexpr std::chrono::milliseconds late_after{5};

} // namespace audiosocket
