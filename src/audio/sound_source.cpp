// SPDX-License-Identifier: Apache-2.0
// The order of evidence: the first bytes of the file, then its suffix, then libsndfile.

#include "audio/sound_source.hpp"

#include "audio/conversion.hpp"
#include "audio/encoding_doubt.hpp"
#include "audio/file_signature.hpp"

#include <audiosocket/audio/resampler.hpp>
#include <audiosocket/audio/sound_reader.hpp>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <optional>
#include <system_error>
#include <utility>

namespace audiosocket {
namespace {

using content = file_signature::content;

// Four seconds of slin at 8 kHz. That is enough for a doubt about the encoding; a signature needs less.
constexpr std::size_t head_bytes_max = 65'536;

template <class Error = sound_error>
[[noreturn]] void refuse(const std::filesystem::path& path, const std::string& why) {
    throw Error(path.string() + ": " + why);
}

int open_file(const std::filesystem::path& path) {
    std::error_code ignored;
    if (std::filesystem::is_directory(path, ignored)) {
        refuse(path, "is a directory, not a sound file");
    }
    const int descriptor = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
    if (descriptor >= 0) {
        return descriptor;
    }
    const int error = errno;
    if (error == ENOENT) {
        refuse(path, "no such file; check the name and the directory");
    }
    if (error == EACCES) {
        refuse(path, "may not be read; check its permissions");
    }
    refuse(path, std::generic_category().message(error));
}

// Returns the size of a file on a disk, or nothing for a pipe.
std::optional<std::uint64_t> size_of(int descriptor) {
    struct stat about {};
    if (::fstat(descriptor, &about) != 0 || !S_ISREG(about.st_mode)) {
        return std::nullopt;
    }
    return static_cast<std::uint64_t>(about.st_size);
}

std::vector<std::byte> read_head(int descriptor) {
    std::vector<std::byte> head(head_bytes_max);
    head.resize(read_at(descriptor, reinterpret_cast<char*>(head.data()), head.size(), 0));
    return head;
}

// Throws if the signature, or without a signature the suffix, shows that the file cannot be read.
void check_kind(const std::filesystem::path& path, const std::optional<file_signature>& signature) {
    if (signature && signature->what == content::other) {
        const std::string why = "is " + std::string(signature->name) + ", not sound; " + std::string(signature->advice);
        if (has_sound_suffix(path)) {
            refuse(path, why);
        }
        refuse<sound_unrecognised>(path, why);
    }
    if (signature && signature->what == content::foreign) {
        refuse(path, "is " + std::string(signature->name) +
                         ", which is not read here; convert it with: " + ffmpeg_command(path));
    }
    if (const auto codec = find_foreign_codec(path); codec && !signature) {
        refuse(path,
               "is " + std::string(codec->name) + " by its suffix, which is not read here; convert it with: " +
                   (codec->ffmpeg_input.empty() ? asterisk_command(path) : ffmpeg_command(path, codec->ffmpeg_input)));
    }
}

[[noreturn]] void refuse_unreadable(const std::filesystem::path& path, const std::optional<file_signature>& signature) {
    const std::string reason = sf_strerror(nullptr);
    if (signature) {
        refuse(path, "is " + std::string(signature->name) + " that libsndfile cannot read (" + reason +
                         "); convert it with: " + ffmpeg_command(path));
    }
    const std::string why = "is not a sound file that is known here; if it is raw samples, rename it to .sln (16 bits, "
                            "8 kHz), .sln16, .ulaw or .alaw; otherwise try: " +
                            ffmpeg_command(path);
    if (has_sound_suffix(path)) {
        refuse(path, why);
    }
    refuse<sound_unrecognised>(path, why);
}

void check(const std::filesystem::path& path, const SF_INFO& info) {
    if (info.frames == 0) {
        refuse(path, "holds no sound; record or convert it again");
    }
    if (info.channels < 1 || info.channels > sound_reader::channels_max) {
        refuse(path, "has " + std::to_string(info.channels) + " channels, more than " +
                         std::to_string(sound_reader::channels_max) + "; mix it down with: sox FILE -c 1 out.wav");
    }
    if (!resampler::takes(info.samplerate)) {
        refuse(path, "has a rate of " + std::to_string(info.samplerate) + " Hz, not between " +
                         std::to_string(resampler::rate_hz_min) + " and " + std::to_string(resampler::rate_hz_max) +
                         "; convert it with: " + ffmpeg_command(path));
    }
}

std::optional<encoding> encoding_of(int sndfile_format) {
    switch (sndfile_format & SF_FORMAT_SUBMASK) {
    case SF_FORMAT_PCM_16: return encoding::slin;
    case SF_FORMAT_ULAW: return encoding::ulaw;
    case SF_FORMAT_ALAW: return encoding::alaw;
    default: return std::nullopt;
    }
}

} // namespace

sound_source::sound_source(const std::filesystem::path& path) {
    struct closer {
        int descriptor;
        ~closer() {
            if (descriptor >= 0) ::close(descriptor);
        }
    } opened{open_file(path)};

    const auto size = size_of(opened.descriptor);
    if (size == 0) {
        refuse(path, "is empty; record or convert it again");
    }
    const auto head = size ? read_head(opened.descriptor) : std::vector<std::byte>();
    const auto signature = recognise(head);
    check_kind(path, signature);

    const auto headerless = headerless_format(path);
    if (headerless && signature) {
        note(path, "is " + std::string(signature->name) + " under the name " + path.extension().string() +
                       " and is read as one; " + std::string(signature->advice));
    } else if (headerless) {
        info_.format = headerless->sndfile_format;
        info_.samplerate = headerless->rate_hz;
        info_.channels = 1;
        if (const auto claimed = encoding_of(info_.format)) {
            note(path, describe(doubt_encoding(*claimed, head), *claimed, path, info_.samplerate));
        }
    }

    auto layout = size && !info_.channels ? read_layout(opened.descriptor, *size) : std::nullopt;
    if (layout) {
        for (const auto& what : layout->notes) {
            note(path, what);
        }
    }
    const int descriptor = std::exchange(opened.descriptor, -1);
    if (layout && layout->needs_mending) {
        mended_ = std::make_unique<mended_file>(descriptor, std::move(*layout));
        file_.reset(mended_->open(info_));
    } else {
        file_.reset(sf_open_fd(descriptor, SFM_READ, &info_, SF_TRUE));
    }
    if (!file_) {
        refuse_unreadable(path, signature);
    }
    check(path, info_);
}

void sound_source::note(const std::filesystem::path& path, const std::string& what) {
    if (!what.empty()) {
        notes_.push_back(path.string() + ": " + what);
    }
}

} // namespace audiosocket
