// SPDX-License-Identifier: Apache-2.0
// libsndfile writes PCM to the descriptor without its own buffer. So after a crash only the length in the WAV header is
// too small; sync() updates it.

#include <audiosocket/audio/sound_writer.hpp>

#include "audio/sound_format.hpp"

#include <audiosocket/audio/duration.hpp>
#include <audiosocket/audio/resampler.hpp>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <limits>
#include <system_error>

namespace audiosocket {
namespace {

using std::chrono::nanoseconds;

// RIFF counts bytes in 32 bits. A page is kept free for the header, and because some players have faults at the limit.
constexpr sf_count_t wav_bytes_max = sf_count_t{std::numeric_limits<std::uint32_t>::max()} - 4096;

[[noreturn]] void refuse(const std::filesystem::path& path, const std::string& why) {
    throw sound_error(path.string() + ": " + why);
}

sound_format format_for(const std::filesystem::path& path, int rate_hz, int channels) {
    const auto format = writable_format(path);
    if (!format) {
        refuse(path, "its suffix names no format that can be written; use .wav, .flac, .ogg, .slin, "
                     ".ulaw or .alaw");
    }
    if (channels < 1 || channels > sound_writer::channels_max) {
        refuse(path, std::to_string(channels) + " channels are not between 1 and " +
                         std::to_string(sound_writer::channels_max));
    }
    if (!resampler::takes(rate_hz)) {
        refuse(path, "a rate of " + std::to_string(rate_hz) + " Hz is not between " +
                         std::to_string(resampler::rate_hz_min) + " and " + std::to_string(resampler::rate_hz_max));
    }
    if (format->rate_hz == 0) {
        return *format;
    }
    if (channels != 1) {
        refuse(path, "a file without a header is mono; use .wav or .flac");
    }
    if (rate_hz != format->rate_hz) {
        refuse(path, "its suffix stands for " + std::to_string(format->rate_hz) + " Hz, but the sound is at " +
                         std::to_string(rate_hz) + "; use the suffix of that rate, or .wav");
    }
    return *format;
}

// Returns whether the encoder takes the rate: libsndfile asks it only at the first write. A frame of FLAC has 16 bits
// for its rate, in Hz or in tens of Hz; Vorbis has tables up to 200 kHz.
bool encoder_takes(int sndfile_format, int rate_hz) {
    switch (sndfile_format & SF_FORMAT_TYPEMASK) {
    case SF_FORMAT_FLAC: return rate_hz <= 0xffff || (rate_hz % 10 == 0 && rate_hz / 10 <= 0xffff);
    case SF_FORMAT_OGG: return rate_hz <= 200'000;
    default: return true;
    }
}

int create_file(const std::filesystem::path& path, const file_creation& creation) {
    const int existing = creation.exclusive ? O_EXCL | O_NOFOLLOW : O_TRUNC;
    const int descriptor = ::open(path.c_str(), O_WRONLY | O_CREAT | O_CLOEXEC | existing,
                                  static_cast<mode_t>(creation.mode & std::filesystem::perms::all));
    if (descriptor >= 0) {
        return descriptor;
    }
    const int error = errno;
    const auto directory = path.has_parent_path() ? path.parent_path().string() : ".";
    switch (error) {
    case EEXIST: throw sound_file_exists(path.string() + ": exists already; choose another name");
    case ENOENT: refuse(path, "the directory " + directory + " does not exist; create it first");
    case EACCES: refuse(path, "may not be written; check the permissions of it and " + directory);
    case EISDIR: refuse(path, "is a directory; name a file in it");
    default: refuse(path, "cannot be created: " + std::generic_category().message(error));
    }
}

} // namespace

struct sound_writer::state {
    std::filesystem::path path;
    sound_format format;
    SF_INFO info{};
    sndfile_handle file; // null after it was closed
    sf_count_t frames_max = SF_COUNT_MAX;
    sf_count_t frames = 0;
    std::string failure;

    state(const std::filesystem::path& file_path, int rate_hz, int channels, const file_creation& creation)
        : path(file_path), format(format_for(file_path, rate_hz, channels)) {
        info.format = format.sndfile_format;
        info.samplerate = rate_hz;
        info.channels = channels;
        if (sf_format_check(&info) == SF_FALSE || !encoder_takes(info.format, rate_hz)) {
            refuse(path, "the format cannot hold " + std::to_string(channels) + " channels at " +
                             std::to_string(rate_hz) + " Hz; use .wav");
        }
        const int descriptor = create_file(path, creation);
        errno = 0;
        file.reset(sf_open_fd(descriptor, SFM_WRITE, &info, SF_TRUE));
        if (!file) {
            const int error = errno;
            give_up(creation, error != 0 ? std::generic_category().message(error) : sf_strerror(nullptr));
        }
        if (is_wav()) {
            frames_max = wav_bytes_max / (2 * channels);
        }
        errno = 0;
        if (!update_header()) {
            const int error = errno;
            give_up(creation, std::generic_category().message(error));
        }
    }

    // Only a file that did not exist before is certainly ours.
    [[noreturn]] void give_up(const file_creation& creation, const std::string& why) const {
        if (creation.exclusive) {
            ::unlink(path.c_str());
        }
        refuse(path, "cannot be written: " + why);
    }

    bool is_wav() const { return (info.format & SF_FORMAT_TYPEMASK) == SF_FORMAT_WAV; }

    // Returns true also for formats without a length in their header.
    bool update_header() const {
        if (!is_wav()) {
            return true;
        }
        sf_command(file.get(), SFC_UPDATE_HEADER_NOW, nullptr, 0);
        return sf_error(file.get()) == SF_ERR_NO_ERROR;
    }

    bool fail(const std::string& why) {
        if (failure.empty()) {
            char seconds[32];
            std::snprintf(seconds, sizeof seconds, "%.2f", static_cast<double>(frames) / info.samplerate);
            failure = path.string() + ": recording stopped after " + seconds + " s: " + why;
        }
        return false;
    }

    // Takes the last error of the operating system, or of libsndfile if there is none.
    bool fail_with(int error) {
        return fail(error != 0 ? std::generic_category().message(error) : sf_strerror(file.get()));
    }
};

sound_writer::sound_writer(const std::filesystem::path& path, int rate_hz, int channels, const file_creation& creation)
    : state_(std::make_unique<state>(path, rate_hz, channels, creation)) {}

sound_writer::sound_writer(sound_writer&&) noexcept = default;

sound_writer& sound_writer::operator=(sound_writer&&) noexcept = default;

sound_writer::~sound_writer() = default;

bool sound_writer::write(std::span<const std::int16_t> interleaved) {
    state& s = *state_;
    if (!s.file || !s.failure.empty()) {
        return false;
    }

    const auto frames = static_cast<sf_count_t>(interleaved.size() / static_cast<std::size_t>(s.info.channels));
    const sf_count_t taken = std::min(frames, s.frames_max - s.frames);
    errno = 0;
    const sf_count_t written = sf_writef_short(s.file.get(), interleaved.data(), taken);
    const int error = errno;
    s.frames += std::max<sf_count_t>(written, 0);
    if (written < taken || sf_error(s.file.get()) != SF_ERR_NO_ERROR) {
        s.fail_with(error);
        s.update_header(); // in place, so it works on a full disk, and the file stays readable
        return false;
    }
    if (taken < frames) {
        s.update_header();
        return s.fail("a WAV file holds no more than 4 GiB; start another, or use .flac");
    }
    return true;
}

bool sound_writer::sync() {
    state& s = *state_;
    if (!s.file || !s.failure.empty()) {
        return false;
    }
    errno = 0;
    if (s.update_header()) {
        return true;
    }
    return s.fail_with(errno);
}

bool sound_writer::close() {
    state& s = *state_;
    if (!s.file) {
        return s.failure.empty();
    }
    errno = 0;
    if (sf_close(s.file.release()) != SF_ERR_NO_ERROR) {
        const int error = errno;
        s.fail(error != 0 ? std::generic_category().message(error) : "cannot be completed");
    }
    return s.failure.empty();
}

std::string sound_writer::failure() const {
    return state_->failure;
}

nanoseconds sound_writer::duration() const {
    return duration_of(static_cast<std::uint64_t>(state_->frames), state_->info.samplerate);
}

} // namespace audiosocket
