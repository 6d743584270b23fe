// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <string_view>

namespace audiosocket {

/// What the first bytes of a file show it to be. Sound without a header cannot have such bytes by chance, so a
/// signature overrules the suffix.
struct file_signature {
    enum class content {
        readable, ///< Sound that libsndfile reads, in most of its releases.
        foreign,  ///< Sound that libsndfile does not read, but ffmpeg does.
        other,    ///< Not sound.
    };

    content what;
    std::string_view name;   ///< With its article, such as "a WAV file" or "HTML".
    std::string_view advice; ///< What to do if the suffix says otherwise; empty for content::foreign.
};

/// How many first bytes recognise() uses.
inline constexpr std::size_t signature_bytes = 4096;

/// Recognises a file by its first bytes. Returns nothing if they could be samples.
std::optional<file_signature> recognise(std::span<const std::byte> bytes);

} // namespace audiosocket
