// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <audiosocket/call/media_format.hpp>
#include <audiosocket/export.hpp>

#include <chrono>
#include <cstddef>
#include <optional>

namespace audiosocket {

/// Which end of the call this is.
enum class role {
    server, ///< Answers: Asterisk connects to it.
    caller, ///< Calls: does what Asterisk does.
};

/// What is done with audio under kind 0x10, which is G.711 when no format is configured in Asterisk.
enum class input_format {
    automatic, ///< Recognise G.711 from what arrives (see encoding_detector).
    slin,      ///< Take it for what it is labelled.
    ulaw,      ///< Take it for G.711 mu-law.
    alaw,      ///< Take it for G.711 A-law.
};

/// The rules of one call. The defaults are safe against every Asterisk that speaks AudioSocket.
struct call_options {
    /// The time that one frame we send covers: 10, 20, 30, 40 or 60 ms. Asterisk's own is 20 ms.
    std::chrono::milliseconds ptime{20};

    /// What we send. Unset: the server sends slin at 8 kHz, which every Asterisk takes, until the first audio shows the
    /// call's kind, and from then on that kind; the caller sends slin at 8 kHz.
    std::optional<media_format> send_format;

    /// What is taken to be in audio messages of kind 0x10: slin, G.711, or what the first audio shows.
    input_format input = input_format::automatic;

    /// The rate at which received audio is handed to the application, in Hz; 0: the rate of the first audio that
    /// arrives. Audio of another rate is resampled to it, so that a caller who changes kinds is never heard at the
    /// wrong speed; at 192 kHz up to 0.6 s at once and four times as fast as real time, at lower rates more in
    /// proportion. What comes faster is dropped: a peer must not take the processor from other calls.
    int receive_rate_hz = 0;

    /// From the connection to the whole id. Asterisk sends its id at once; the rest is network.
    std::chrono::milliseconds id_timeout{5000};

    /// From the first byte of a message to its last. A message is 20 ms of audio; one that takes longer than this is
    /// an attack or a broken network, and holds memory.
    std::chrono::milliseconds message_timeout{5000};

    /// How long one message may wait to be taken by the network before the peer counts as not reading.
    std::chrono::milliseconds send_timeout{5000};

    /// How long a call that we end keeps reading after our hang-up, so that closing it cannot become a reset.
    std::chrono::milliseconds hangup_timeout{1000};

    /// Received audio kept for an application that is slow to take it. The oldest is dropped beyond: a talker is better
    /// heard with a gap than two seconds late. (And of digits 64; one too many takes the oldest with it, and the audio
    /// before that.)
    std::chrono::milliseconds receive_queue{2000};

    /// Audio queued for playing, at most. Ten minutes is what voice back ends in the field may send in one burst.
    std::chrono::milliseconds playout_queue{600'000};

    /// What is played comes in real time, as in an echo or a bridge between two calls. A connection then keeps the
    /// delay short: where audio was late once, and up to 100 ms of it have stood in the playout queue ever since,
    /// frames go out 1 ms closer together until nothing does. Not for an application that plays ahead, whose queue is
    /// to stand.
    bool live = false;

    /// Frames sent back to back after we were late. Asterisk has no playout buffer: a longer burst reaches the
    /// caller's phone as a burst.
    int catch_up_frames = 3;
};

/// Checks that every option has a value that a call can work with; every session does.
/// Throws std::invalid_argument which says what is wrong with which option.
AUDIOSOCKET_EXPORT void validate(const call_options& options);

} // namespace audiosocket
