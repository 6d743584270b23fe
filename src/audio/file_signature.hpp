// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <string_view>

namespace audiosocket {

/// What the first bytes of a file show it to be. Only evidence that sound without a header cannot give by chance
/// counts, so a signature overrules the suffix.
struct file_signature {
    enum class content {
        readable, ///< Sound that libsndfile reads, in most of its releases.
        foreign,  ///< Sound that libsndfile does not read, but ffmpeg does.
        other,    ///< Not sound.
    };

    content what;
    std::string_view name;   ///< With its article, as "a WAV file" or "HTML".
    std::string_view advice; ///< What to do where the suffix says otherwise; empty for content::foreign.
};

/// As many first bytes as recognise() makes use of.
inline constexpr std::size_t signature_bytes = 4096;

/// Recognises a file by its first bytes; nothing where they could be samples.
std::optional<file_signature> recognise(std::span<const std::byte> head);

} // namespace audiosocket
