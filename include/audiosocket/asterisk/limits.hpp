// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>

/// \file
/// The limits of Asterisk and of the phone behind it, each defined once. `asterisk#N` is an issue or a pull request of
/// Asterisk. release.hpp has what differs from release to release.

namespace audiosocket::asterisk {

// --- What Asterisk's sources say: a call that exceeds these limits ends. ---

/// The longest pause inside a payload. Asterisk waits this long for each next piece of a payload, then drops the call
/// (`res/res_audiosocket.c`; asterisk#1247). Releases before that change do not wait at all.
inline constexpr std::chrono::milliseconds payload_pause_max{5};

/// The longest time without a message in either direction. After it Asterisk's application AudioSocket() ends the call;
/// the channel driver does not (`apps/app_audiosocket.c`; asterisk#1138). release::ends_when_idle() says which calls
/// end.
inline constexpr std::chrono::milliseconds idle_max{2000};

/// How long Asterisk waits for a connection to each address that the name resolves to (`res/res_audiosocket.c`).
inline constexpr std::chrono::milliseconds connect_max{2000};

// --- What the caller hears: Asterisk has no playout buffer here, so frames go straight to the phone. ---

/// The length of Asterisk's own frames (`apps/app_audiosocket.c`, `channels/chan_audiosocket.c`).
inline constexpr std::chrono::milliseconds frame_time{20};

/// How much audio a usual phone keeps in its jitter buffer: two frames. The caller hears a longer pause.
inline constexpr std::chrono::milliseconds phone_buffer = 2 * frame_time;

/// The longest time from the id to the first audio: one frame for the network, one for the server to begin. Until audio
/// comes, the thread of Asterisk that forwards the caller's audio may be blocked in its read (asterisk#2089).
inline constexpr std::chrono::milliseconds first_audio_max = 2 * frame_time;

/// The longest time from one audio message to the next, and the longest time for which a blocked read may hold the
/// caller's audio back. The phone's buffer covers this time.
inline constexpr std::chrono::milliseconds gap_max = phone_buffer;

/// How many frames a late sender may send at once. Asterisk passes them on at once, and a phone drops what exceeds its
/// buffer.
inline constexpr int catch_up_frames_max = 3;

/// The most audio that may be ahead of its time: catch_up_frames_max frames.
inline constexpr std::chrono::milliseconds ahead_max = catch_up_frames_max * frame_time;

} // namespace audiosocket::asterisk
