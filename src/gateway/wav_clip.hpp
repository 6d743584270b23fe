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
    /// A view of the bytes that were read.
    std::span<const std::byte> audio;
    /// What is wrong with the file; empty if it can be played.
    std::string fault;
};

/// Reads a WAV file. If a file is shorter than its header says, or the header has no length, the audio ends with the
/// file.
wav_clip read_wav(std::span<const std::byte> file);

} // namespace audiosocket::gateway
