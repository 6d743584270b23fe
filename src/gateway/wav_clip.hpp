// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "gateway/payload_format.hpp"

#include <cstddef>
#include <span>
#include <string>

namespace audiosocket::gateway {

/// A WAV file in memory, as a back end sends a clip: mono, 16-bit PCM or G.711.
struct wav_clip {
    payload_format format;
    /// A view into the bytes that were read.
    std::span<const std::byte> audio;
    /// What is wrong with the file; empty if it can be played.
    std::string fault;
};

/// Reads a WAV file. A file that is shorter than it says, or does not say how long it is, is played as far as it goes.
wav_clip read_wav(std::span<const std::byte> file);

} // namespace audiosocket::gateway
