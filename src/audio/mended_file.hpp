// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "audio/sound_layout.hpp"

#include <sndfile.h>

#include <cstddef>
#include <cstdint>
#include <utility>

namespace audiosocket {

/// Reads up to `count` bytes at `offset` and returns their number: fewer only at the end of the file, or if the disk
/// fails.
std::size_t read_at(int descriptor, char* into, std::size_t count, std::uint64_t offset);

/// A WAV file as libsndfile should read it: with a header that fits the file, and nothing behind the sound. The file
/// itself is not changed.
///
/// Cannot be moved, because the SNDFILE from open() reads through it. It must outlive that SNDFILE.
class mended_file {
  public:
    /// Takes ownership of the descriptor.
    mended_file(int descriptor, sound_layout layout) : descriptor_(descriptor), layout_(std::move(layout)) {}
    ~mended_file();
    mended_file(const mended_file&) = delete;
    mended_file& operator=(const mended_file&) = delete;

    /// Opens the file as sf_open_fd() does.
    SNDFILE* open(SF_INFO& info);

  private:
    static sf_count_t length(void* self);
    static sf_count_t seek(sf_count_t offset, int whence, void* self);
    static sf_count_t read(void* into, sf_count_t count, void* self);
    static sf_count_t tell(void* self);

    int descriptor_;
    sound_layout layout_;
    std::uint64_t position_ = 0;
};

} // namespace audiosocket
