// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace audiosocket {

/// Where the sound of a WAV or AU file stands, by the bytes that the file holds instead of the sizes that its header
/// claims.
///
/// A process that writes to a pipe or dies early leaves a placeholder for a size: 0, 0xffffffff, the 0x7ffff000 of sox.
/// A placeholder is not believed.
struct sound_layout {
    /// Bytes to read in place of those of the file, from `at` on.
    struct patch {
        std::uint64_t at;
        std::string bytes;
    };

    /// The end of the last byte of sound. What stands behind it is no business of a reader.
    std::uint64_t end_of_sound = 0;

    /// What makes the header agree with the file; none where it does already.
    std::vector<patch> patches;

    /// What a listener should know, each without the name of the file.
    std::vector<std::string> notes;

    /// False where libsndfile can take the file as it is.
    bool needs_mending = false;
};

/// Reads the sizes in the header of a WAV or AU file of `file_bytes`. Nothing where the file is of another kind or has
/// no sound: what libsndfile says of it is right then.
std::optional<sound_layout> read_layout(int descriptor, std::uint64_t file_bytes);

} // namespace audiosocket
