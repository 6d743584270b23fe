// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <sndfile.h>

#include <filesystem>
#include <memory>
#include <optional>
#include <string_view>

namespace audiosocket {

/// What a file's suffix says about it.
struct sound_format {
    int sndfile_format; ///< libsndfile's SF_FORMAT_ bits
    int rate_hz;        ///< of a headerless file, which is mono; 0 if a header says
};

/// The format of a headerless file, told from its suffix in either case; nothing for other
/// suffixes.
std::optional<sound_format> headerless_format(const std::filesystem::path& path);

/// A codec whose files have no header, and which libsndfile does not read.
struct foreign_codec {
    std::string_view suffix;
    std::string_view name;
    std::string_view ffmpeg_input; ///< Options of ffmpeg that stand before its -i; empty where it has none.
};

/// The codec that the suffix names, in either case; nothing for other suffixes.
std::optional<foreign_codec> find_foreign_codec(const std::filesystem::path& path);

/// Whether the suffix says that this is sound, of whatever format.
bool has_sound_suffix(const std::filesystem::path& path);

/// The format to write a file in, told from its suffix; nothing for suffixes that are not written.
std::optional<sound_format> writable_format(const std::filesystem::path& path);

struct sndfile_closer {
    void operator()(SNDFILE* file) const { sf_close(file); }
};
using sndfile_handle = std::unique_ptr<SNDFILE, sndfile_closer>;

} // namespace audiosocket
