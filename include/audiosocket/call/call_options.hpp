// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <audiosocket/call/media_format.hpp>
#include <audiosocket/export.hpp>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>

namespace audiosocket {

/// Which end of the call this is.
enum class role {
    server, ///< Answers: Asterisk connects to it.
    caller, ///< Calls: does what Asterisk does.
};

/// What audio under kind 0x10 really is. Asterisk labels G.711 so when it dials without a format, and its releases
/// before 20.17, 21.12 and 22.7 label linear audio of any rate so.
enum class input_format : std::uint8_t {
    /// Recognise G.711 by its sound (encoding_detector), and the rate of linear audio by the clock.
    ///
    /// The rate is in doubt only if the first message is longer than 20 ms by its label, and has the length of a frame
    /// of another rate. Then audio is held back until the messages have shown their rate: after 200 ms of them, and for
    /// a second at most. It comes to the application at once then: a receive_queue that is shorter loses the oldest.
    automatic,
    slin,    ///< Linear at 8 kHz, as it is labelled.
    ulaw,    ///< G.711 mu-law at 8 kHz.
    alaw,    ///< G.711 A-law at 8 kHz.
    slin12,  ///< Linear at 12 kHz.
    slin16,  ///< Linear at 16 kHz.
    slin24,  ///< Linear at 24 kHz.
    slin32,  ///< Linear at 32 kHz.
    slin44,  ///< Linear at 44.1 kHz.
    slin48,  ///< Linear at 48 kHz.
    slin96,  ///< Linear at 96 kHz.
    slin192, ///< Linear at 192 kHz.
};

/// Returns the format that an input format stands for; nothing for `automatic`. Its kind says the rate.
constexpr std::optional<media_format> format_of(input_format input) noexcept {
    switch (input) {
    case input_format::automatic: return std::nullopt;
    case input_format::slin: return media_format{kind::slin, encoding::slin};
    case input_format::ulaw: return media_format{kind::slin, encoding::ulaw};
    case input_format::alaw: return media_format{kind::slin, encoding::alaw};
    case input_format::slin12: return media_format{kind::slin12, encoding::slin};
    case input_format::slin16: return media_format{kind::slin16, encoding::slin};
    case input_format::slin24: return media_format{kind::slin24, encoding::slin};
    case input_format::slin32: return media_format{kind::slin32, encoding::slin};
    case input_format::slin44: return media_format{kind::slin44, encoding::slin};
    case input_format::slin48: return media_format{kind::slin48, encoding::slin};
    case input_format::slin96: return media_format{kind::slin96, encoding::slin};
    case input_format::slin192: return media_format{kind::slin192, encoding::slin};
    }
    return std::nullopt;
}

/// The rules of one call. The defaults are safe against every Asterisk that speaks AudioSocket.
struct call_options {
    /// The time that one frame we send covers: 10, 20, 30, 40 or 60 ms. Asterisk's own is 20 ms.
    std::chrono::milliseconds ptime{20};

    /// What we send. Unset: the server sends slin at 8 kHz, which every Asterisk takes, until the first audio shows the
    /// call's kind, and from then on that kind; the caller sends slin at 8 kHz.
    std::optional<media_format> send_format = std::nullopt;

    /// What is taken to be in audio messages of kind 0x10: linear audio of a rate, G.711, or what arrives shows. Has no
    /// effect on what we send: Asterisk takes kind 0x10 for 8 kHz, also where it labels another rate so.
    input_format input = input_format::automatic;

    /// The rate at which received audio is handed to the application, in Hz; 0: the rate of the first audio that
    /// arrives. Audio of another rate is resampled to it, so that a caller who changes kinds is never heard at the
    /// wrong speed; at 192 kHz up to 0.6 s at once and twice as fast as real time, at lower rates more in
    /// proportion. The kind may change 4 times at once and 10 times a second. What comes faster, or changes more often,
    /// is dropped: a peer must not take the processor from other calls.
    int receive_rate_hz = 0;

    /// The highest rate that is accepted and sent, in Hz: one of those that the protocol has, 8000 to 192000. Audio of
    /// a higher rate is dropped and counted (call_statistics::frames_above_rate), and the call goes on: the application
    /// never hears it, and we never begin to send it.
    ///
    /// The default accepts every rate of the protocol, because what callers cost each other is bounded by the turns of
    /// the engine, and not by their rates. A lower one saves bandwidth and conversion. Phones have 8, 16 or 48 kHz.
    int rate_max_hz = 192'000;

    /// From the connection to the whole id. Asterisk sends its id at once; the rest is network.
    std::chrono::milliseconds id_timeout{5000};

    /// From the first byte of a message to its last. A message is 20 ms of audio; one that takes longer than this is
    /// an attack or a broken network, and holds memory.
    std::chrono::milliseconds message_timeout{5000};

    /// How long nothing may arrive in a call before it ends (protocol_errc::idle_timeout); 0: for ever. Bytes of any
    /// kind count. Off by default, because Asterisk sends nothing for a caller who is on hold or muted.
    std::chrono::milliseconds idle_timeout{0};

    /// How long one message may wait to be taken by the network before the peer counts as not reading. And a peer reads
    /// too slowly if messages have waited for this long together, and fewer than half of the frames that were due in
    /// such a time were sent meanwhile. Time in which we were late ourselves does not count.
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
    /// delay short: where audio was late once and has stood in the playout queue ever since, up to 100 ms of it are
    /// made up for by frames that go out 1 ms closer together. More than that, after the machine or the network stood
    /// still, is left out (call_statistics::left_out_ms), up to the next clip or mark. Not for an application that
    /// plays samples ahead, whose queue is to stand.
    bool live = false;

    /// Frames sent back to back after we were late. Asterisk has no playout buffer: a longer burst reaches the
    /// caller's phone as a burst.
    int catch_up_frames = 3;
};

/// Checks that every option has a value that a call can work with; every session does.
/// Throws std::invalid_argument which says what is wrong with which option.
AUDIOSOCKET_EXPORT void validate(const call_options& options);

} // namespace audiosocket
