// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "audio/mended_file.hpp"
#include "audio/sound_format.hpp"

#include <sndfile.h>

#include <filesystem>
#include <memory>
#include <string>
#include <vector>

namespace audiosocket {

/// A sound file that libsndfile has opened. Its signature overrules its suffix, and its real size overrules its header.
class sound_source {
  public:
    /// Opens the file. Throws sound_error as sound_reader does.
    explicit sound_source(const std::filesystem::path& path);

    const SF_INFO& info() const { return info_; }
    SNDFILE* file() const { return file_.get(); }

    /// See sound_reader::notes().
    const std::vector<std::string>& notes() const { return notes_; }

  private:
    void note(const std::filesystem::path& path, const std::string& what);

    SF_INFO info_{};
    std::vector<std::string> notes_;
    std::unique_ptr<mended_file> mended_; // file_ may read through it
    sndfile_handle file_;
};

} // namespace audiosocket
