// SPDX-License-Identifier: Apache-2.0
#include "audio/mended_file.hpp"

#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>

namespace audiosocket {

std::size_t read_at(int descriptor, char* into, std::size_t count, std::uint64_t offset) {
    std::size_t done = 0;
    while (done < count) {
        const ssize_t got = ::pread(descriptor, into + done, count - done, static_cast<off_t>(offset + done));
        if (got < 0 && errno == EINTR) continue;
        if (got <= 0) break;
        done += static_cast<std::size_t>(got);
    }
    return done;
}

mended_file::~mended_file() {
    ::close(descriptor_);
}

SNDFILE* mended_file::open(SF_INFO& info) {
    SF_VIRTUAL_IO io{length, seek, read, nullptr, tell};
    return sf_open_virtual(&io, SFM_READ, &info, this);
}

sf_count_t mended_file::length(void* self) {
    return static_cast<sf_count_t>(static_cast<mended_file*>(self)->layout_.end_of_sound);
}

sf_count_t mended_file::seek(sf_count_t offset, int whence, void* self) {
    auto& file = *static_cast<mended_file*>(self);
    const sf_count_t base = whence == SEEK_SET ? 0 : whence == SEEK_CUR ? tell(self) : length(self);
    file.position_ = static_cast<std::uint64_t>(std::clamp<sf_count_t>(base + offset, 0, length(self)));
    return tell(self);
}

sf_count_t mended_file::read(void* into, sf_count_t count, void* self) {
    auto& file = *static_cast<mended_file*>(self);
    const std::uint64_t begin = file.position_;
    const std::uint64_t room = file.layout_.end_of_sound - begin;
    const auto wanted = std::min(room, static_cast<std::uint64_t>(std::max<sf_count_t>(count, 0)));
    auto* const out = static_cast<char*>(into);
    const std::size_t got = read_at(file.descriptor_, out, static_cast<std::size_t>(wanted), begin);
    for (const auto& patch : file.layout_.patches) {
        for (std::size_t i = 0; i < patch.bytes.size(); ++i) {
            const std::uint64_t at = patch.at + i;
            if (at >= begin && at < begin + got) out[at - begin] = patch.bytes[i];
        }
    }
    file.position_ += got;
    return static_cast<sf_count_t>(got);
}

sf_count_t mended_file::tell(void* self) {
    return static_cast<sf_count_t>(static_cast<mended_file*>(self)->position_);
}

} // namespace audiosocket
