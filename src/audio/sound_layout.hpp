// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace audiosocket {

/// Where the sound of a WAV or AU file is, by the real size of the file and not by the sizes in its header.
///
/// A process that writes to a pipe, or is killed, leaves a placeholder as size: 0, 0xffffffff, or 0x7ffff000 (sox). A
/// placeholder is ignored.
struct sound_layout {
    /// Bytes that replace those of the file, from `at` on.
    struct patch {
        std::uint64_t at;
        std::string bytes;
    };

    /// The end of the sound. A reader ignores what is behind it.
    std::uint64_t end_of_sound = 0;

    /// The patches that make the header fit the file; empty if it does already.
    std::vector<patch> patches;

    /// Warnings for people, each without the name of the file.
    std::vector<std::string> notes;

    /// False if libsndfile can read the file as it is.
    bool needs_mending = false;
};

/// Reads the sizes in the header of a WAV or AU file of `file_bytes`. Returns nothing if the file is of another kind or
/// has no sound; libsndfile is right about it then.
std::optional<sound_layout> read_layout(int descriptor, std::uint64_t file_bytes);

} // namespace audiosocket
