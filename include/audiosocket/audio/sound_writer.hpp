// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <audiosocket/audio/sound_error.hpp>
#include <audiosocket/export.hpp>

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <span>
#include <string>

namespace audiosocket {

/// How a sound_writer creates its file.
struct file_creation {
    /// False: an existing file is replaced, and a symbolic link is followed. True: both are refused with
    /// sound_file_exists, in one step with the creation, so that two writers never share a file. A file that cannot be
    /// started after all, for example because the disk is full, is removed again.
    bool exclusive = false;

    /// Mode of a new file, less the umask of the process.
    std::filesystem::perms mode{0666};
};

/// Writes a sound file of 16-bit samples. The suffix chooses the format:
///
///     .wav                           16-bit PCM, up to 4 GiB (18 hours of stereo at 16 kHz)
///     .flac                          16 bits, lossless, at about half the size
///     .ogg                           Vorbis
///     .slin .sln .sln12 .raw ...     headerless, as sound_reader reads them: mono, and at the rate
///     .ulaw .ul .mu .pcm .alaw .al   that the suffix names
///
/// An existing file is replaced, and a new one has mode 0666 less the umask, unless file_creation says otherwise.
///
/// A full disk is an event in the life of a recorder, not an exception: write() says so, failure()
/// says it to people, what was written before stays readable. A file size limit of the process
/// (RLIMIT_FSIZE) is such an event as well, provided the program ignores SIGXFSZ.
///
/// Move-only; not thread-safe. Writing blocks on the disk.
class AUDIOSOCKET_EXPORT sound_writer {
  public:
    static constexpr int channels_max = 64; ///< as sound_reader's

    /// Creates the file. A WAV file is valid from here on, even if the process is killed at once.
    /// Throws sound_error when the suffix is unknown or does not go with the rate or the channels,
    ///     these are out of range (the rates that sound_reader takes, 1 to channels_max), or the
    ///     file cannot be created (directory missing, no permission, disk full ...).
    /// Throws sound_file_exists when the name is taken and the creation is exclusive.
    sound_writer(const std::filesystem::path& path, int rate_hz, int channels = 1, const file_creation& creation = {});
    /// Takes over the state of the other, which may then only be destroyed or assigned to.
    sound_writer(sound_writer&&) noexcept;
    /// Closes its own file and takes over that of the other.
    sound_writer& operator=(sound_writer&&) noexcept;
    /// Closes the file.
    ~sound_writer();

    /// Appends whole frames: one sample for each channel in turn; a fraction of a frame at the end
    /// is left out. False once the disk has refused, the format's limit is reached or the file is
    /// closed, and ever after.
    bool write(std::span<const std::int16_t> interleaved);

    /// Makes what was written so far survive a crash of this process (not of the machine: nothing
    /// is forced to the platter). WAV: the header is rewritten in place. Headerless: nothing is
    /// left to do. FLAC and Ogg have no such thing, and this does nothing: their encoders hold back
    /// up to 4,096 frames (FLAC) or some seconds (Ogg), which a crash loses. What is there can be
    /// read, though sound_reader then does not know the length of a FLAC. False as write().
    bool sync();

    /// Completes the file and closes it. False when something was lost, now or before.
    bool close();

    /// Why write() returned false, with how far the recording got, as one line; empty before.
    std::string failure() const;

    /// Length of the sound written.
    std::chrono::nanoseconds duration() const;

  private:
    struct AUDIOSOCKET_HIDDEN state;
    std::unique_ptr<state> state_;
};

} // namespace audiosocket
