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
    caller, ///< Calls a server, as Asterisk does.
};

/// What audio of kind 0x10 really contains. Asterisk gives G.711 this kind if it dials without a format. Its releases
/// before 20.17, 21.12 and 22.7 give this kind to linear audio of any rate.
enum class input_format : std::uint8_t {
    /// Recognise G.711 by its sound (encoding_detector), and the rate of linear audio by the clock.
    ///
    /// The rate is in doubt only under two conditions: the first message would be longer than 20 ms at 8 kHz, and it
    /// has the length of a frame of another rate. Then audio is held back until the messages have shown their rate:
    /// after 200 ms of them, and for a second at most. The application then gets it all at once. A shorter
    /// receive_queue loses the oldest.
    automatic,
    slin,    ///< Linear at 8 kHz, as the kind says.
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

/// Returns the format that an input format stands for, or nothing for `automatic`. The kind of the result says the
/// rate.
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

/// The options of one call. The defaults work with every Asterisk that has AudioSocket.
struct call_options {
    /// The length of a frame that we send: 10, 20, 30, 40 or 60 ms. Asterisk's own frames are 20 ms.
    std::chrono::milliseconds ptime{20};

    /// The format that we send. If unset, both sides send slin at 8 kHz, which every Asterisk takes. A server changes
    /// to the call's kind when the first audio has shown it.
    std::optional<media_format> send_format = std::nullopt;

    /// What audio messages of kind 0x10 contain: linear audio of a rate, G.711, or what the audio itself shows. Has no
    /// effect on what we send: Asterisk takes kind 0x10 for 8 kHz, even if it sends another rate under this kind.
    input_format input = input_format::automatic;

    /// The rate at which the application gets received audio, in Hz; 0: the rate of the first audio that arrives. Audio
    /// of another rate is resampled to it, so that a peer that changes kinds is never heard at the wrong speed.
    ///
    /// Resampling is limited, because a peer must not take the processor from other calls: at 192 kHz to 0.6 s at once
    /// and twice real time, at lower rates to more in proportion. The kind may change 4 times at once and 10 times a
    /// second. Audio beyond these limits is dropped (call_statistics::frames_dropped).
    int receive_rate_hz = 0;

    /// The highest rate that is accepted and sent, in Hz: a rate of the protocol, 8000 to 192000. Audio of a higher
    /// rate is dropped and counted (call_statistics::frames_above_rate). The call continues; the application does not
    /// get that audio, and we do not send that rate.
    ///
    /// The default accepts every rate of the protocol. Calls share a thread by turns of limited time, so a high rate of
    /// one call does not harm others. A lower limit saves bandwidth and conversion. Phones have 8, 16 or 48 kHz.
    int rate_max_hz = 192'000;

    /// The longest time from the connection to the whole id. Asterisk sends its id at once; the rest is network.
    std::chrono::milliseconds id_timeout{5000};

    /// The longest time from the first byte of a message to its last. A message is usually 20 ms of audio. One that
    /// takes longer than this is an attack or a broken network, and holds memory.
    std::chrono::milliseconds message_timeout{5000};

    /// How long nothing may arrive before the call ends (protocol_errc::idle_timeout); 0: without limit. Bytes of any
    /// kind count. Off by default, because Asterisk sends nothing while the caller is on hold or muted.
    std::chrono::milliseconds idle_timeout{0};

    /// How long the network may refuse a message before the call ends (protocol_errc::send_timeout): the peer does not
    /// read. The call also ends if the peer reads too slowly: messages have waited this long in sum, and fewer than
    /// half of the frames that were due in such a time were sent. Time in which we were late ourselves does not count.
    std::chrono::milliseconds send_timeout{5000};

    /// How long a call keeps reading after our hang-up, so that closing it does not reset the connection.
    std::chrono::milliseconds hangup_timeout{1000};

    /// How long hang_up_when_played() sends silence behind the last audio before it hangs up. 0 means no silence; a
    /// value below a frame counts as a frame. At most 2 s.
    ///
    /// Without it the last word may lose its end. Asterisk drops the last frame if it reads the hang-up before another
    /// thread has passed that frame on: with Dial(AudioSocket/...), a channel that leaves its bridge drops the frames
    /// that it has not written yet (main/bridge_channel.c, since Asterisk 12). On a busy machine the last word lost 20
    /// ms. A phone drops what waits in its jitter buffer when the call ends: 40 to 100 ms.
    std::chrono::milliseconds hangup_silence{100};

    /// How much received audio is kept for an application that is slow to take it. The oldest is dropped beyond that,
    /// because a gap is better than a delay of two seconds. Of digits, 64 are kept; one more drops the oldest digit and
    /// the audio before it.
    std::chrono::milliseconds receive_queue{2000};

    /// How much audio may be queued for playing. The default is what voice back ends may send in one burst: ten
    /// minutes.
    std::chrono::milliseconds playout_queue{600'000};

    /// Says that the application plays audio as it arrives in real time, as an echo or a bridge between two calls does.
    /// The connection then keeps the delay short. Audio that was late once stays in the playout queue. To make up for
    /// up to 100 ms of it, frames go out 1 ms closer together. More than 100 ms (the machine or the network stood
    /// still) is left out, up to the next clip or mark (call_statistics::left_out_ms). Leave it off if the application
    /// plays ahead, because then the queue must not shrink.
    bool live = false;

    /// How many frames may be sent back to back after we were late. Asterisk has no playout buffer: a longer burst
    /// reaches the caller's phone as a burst.
    int catch_up_frames = 3;
};

/// Checks that a call can work with every option. The constructor of a session does this too. Throws
/// std::invalid_argument, which names the option and says what is wrong.
AUDIOSOCKET_EXPORT void validate(const call_options& options);

} // namespace audiosocket
