// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <sndfile.h>

#include <filesystem>
#include <memory>
#include <optional>
#include <string_view>

namespace audiosocket {

/// What the suffix of a file says about its format.
struct sound_format {
    int sndfile_format; ///< libsndfile's SF_FORMAT_ bits
    int rate_hz;        ///< of a file without a header, which is mono; 0 if a header says it
};

/// Returns the format of a file without a header by its suffix, in upper or lower case; nothing for other suffixes.
std::optional<sound_format> headerless_format(const std::filesystem::path& path);

/// A codec whose files have no header and which libsndfile does not read.
struct foreign_codec {
    std::string_view suffix;
    std::string_view name;
    std::string_view ffmpeg_input; ///< Options of ffmpeg before its -i; empty if ffmpeg cannot read the codec.
};

/// Returns the codec that the suffix names, in upper or lower case; nothing for other suffixes.
std::optional<foreign_codec> find_foreign_codec(const std::filesystem::path& path);

/// Returns whether the suffix is that of a sound file of any format.
bool has_sound_suffix(const std::filesystem::path& path);

/// Returns the format in which to write a file by its suffix; nothing for suffixes that cannot be written.
std::optional<sound_format> writable_format(const std::filesystem::path& path);

struct sndfile_closer {
    void operator()(SNDFILE* file) const { sf_close(file); }
};
using sndfile_handle = std::unique_ptr<SNDFILE, sndfile_closer>;

} // namespace audiosocket
