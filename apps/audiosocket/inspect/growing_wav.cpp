// SPDX-License-Identifier: Apache-2.0
#include "inspect/growing_wav.hpp"

#include "base/failure.hpp"

#include <audiosocket/audio/duration.hpp>
#include <audiosocket/audio/sound_writer.hpp>

#include <fmt/format.h>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <limits>
#include <system_error>

namespace audiosocket::app::inspect {
namespace {

constexpr std::size_t waiting_bytes_max = 8192;

// RIFF has lengths of 32 bits, and some players handle the last page wrongly.
constexpr std::uint64_t data_bytes_max = std::numeric_limits<std::uint32_t>::max() - 4096;

// The second field is the length of everything after it; the last field of the header is the length of the samples.
constexpr std::uint64_t riff_length_at = 4, riff_head_bytes = 8, length_bytes = 4;

class file {
  public:
    file(const std::filesystem::path& path, int flags) : descriptor_(::open(path.c_str(), flags)) {}
    file(const file&) = delete;
    file& operator=(const file&) = delete;
    ~file() {
        if (descriptor_ >= 0) ::close(descriptor_);
    }

    bool is_open() const noexcept { return descriptor_ >= 0; }
    bool status(struct stat& to) const noexcept { return ::fstat(descriptor_, &to) == 0; }

    bool write(std::span<const std::byte> bytes, std::uint64_t at) const noexcept {
        while (!bytes.empty()) {
            const ssize_t got = ::pwrite(descriptor_, bytes.data(), bytes.size(), static_cast<off_t>(at));
            if (got < 0 && errno == EINTR) continue;
            if (got <= 0) return false;
            bytes = bytes.subspan(static_cast<std::size_t>(got));
            at += static_cast<std::uint64_t>(got);
        }
        return true;
    }
    bool write_length(std::uint64_t length, std::uint64_t at) const noexcept {
        std::array<std::byte, length_bytes> little{};
        for (std::size_t i = 0; i < little.size(); ++i)
            little[i] = static_cast<std::byte>(length >> (8 * i) & 0xff);
        return write(little, at);
    }

  private:
    int descriptor_;
};

} // namespace

growing_wav::growing_wav(std::filesystem::path path, int rate_hz) : path_(std::move(path)), rate_hz_(rate_hz) {
    sound_writer header(path_, rate_hz, 1, {.exclusive = true, .mode = std::filesystem::perms{0640}});
    if (!header.close()) throw failure(exit_code::file, header.failure());
    const file created(path_, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
    struct stat status {};
    if (!created.is_open() || !created.status(status)) refuse(std::generic_category().message(errno));
    device_ = status.st_dev;
    inode_ = status.st_ino;
    header_bytes_ = static_cast<std::uint64_t>(status.st_size);
}

void growing_wav::refuse(const std::string& why) const {
    throw failure(exit_code::file,
                  fmt::format("{}: cannot be written after {:.2f} s: {}", path_.string(),
                              std::chrono::duration<double>(duration_of(data_bytes_ / 2, rate_hz_)).count(), why));
}

void growing_wav::add(std::span<const std::int16_t> samples) {
    for (const std::int16_t s : samples) {
        waiting_.push_back(static_cast<std::byte>(s & 0xff));
        waiting_.push_back(static_cast<std::byte>(s >> 8 & 0xff));
    }
    if (waiting_.size() >= waiting_bytes_max) complete();
}

void growing_wav::complete() {
    if (waiting_.empty()) return;
    if (data_bytes_ + waiting_.size() > data_bytes_max) refuse("a WAV file holds no more than 4 GiB");
    const file to(path_, O_WRONLY | O_NOFOLLOW | O_CLOEXEC);
    struct stat status {};
    if (!to.is_open() || !to.status(status)) refuse(std::generic_category().message(errno));
    if (status.st_dev != device_ || status.st_ino != inode_) refuse("another file has taken its name");
    // The lengths are written last, so until then the file is valid with its old content.
    const std::uint64_t bytes = data_bytes_ + waiting_.size();
    if (!to.write(waiting_, header_bytes_ + data_bytes_) ||
        !to.write_length(header_bytes_ + bytes - riff_head_bytes, riff_length_at) ||
        !to.write_length(bytes, header_bytes_ - length_bytes))
        refuse(std::generic_category().message(errno));
    data_bytes_ = bytes;
    waiting_.clear();
}

std::chrono::nanoseconds growing_wav::duration() const {
    return duration_of((data_bytes_ + waiting_.size()) / 2, rate_hz_);
}

} // namespace audiosocket::app::inspect
