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
    /// sound_file_exists. Check and creation are one step, so that two writers never share a file. A new file that
    /// cannot be started, for example because the disk is full, is removed again.
    bool exclusive = false;

    /// The mode of a new file, without the bits of the process's umask.
    std::filesystem::perms mode{0666};
};

/// Writes a sound file of 16-bit samples. The suffix chooses the format:
///
///     .wav                           16-bit PCM, up to 4 GiB (18 hours of stereo at 16 kHz)
///     .flac                          16 bits, lossless, at about half the size
///     .ogg                           Vorbis
///     .slin .sln .sln12 .raw ...     headerless, as sound_reader reads them: mono, and at the rate
///     .ulaw .ul .mu .pcm .alaw ...   that the suffix names
///
/// An existing file is replaced, and a new file has mode 0666 without the bits of the umask, unless file_creation says
/// otherwise.
///
/// A full disk does not throw: write() returns false, failure() says why, and the file stays readable up to there. The
/// same is true of a file size limit (RLIMIT_FSIZE), if the process ignores SIGXFSZ.
///
/// Move-only; not thread-safe. Writing blocks on the disk.
class AUDIOSOCKET_EXPORT sound_writer {
  public:
    static constexpr int channels_max = 64; ///< as in sound_reader

    /// Creates the file. A WAV file is valid from now on, even if the process is killed. Throws sound_error if the
    /// suffix is unknown or does not fit the rate or the channels. Throws it too if these are out of range (the rates
    /// of a resampler, 1 to channels_max), or if the file cannot be created (directory missing, no permission, disk
    /// full ...). Throws sound_file_exists if the file exists and the creation is exclusive.
    sound_writer(const std::filesystem::path& path, int rate_hz, int channels = 1, const file_creation& creation = {});
    /// Moves the state of the other here. The other may then only be destroyed or assigned to.
    sound_writer(sound_writer&&) noexcept;
    /// Closes its own file and takes that of the other. The other may then only be destroyed or assigned to.
    sound_writer& operator=(sound_writer&&) noexcept;
    /// Closes the file.
    ~sound_writer();

    /// Appends whole frames: one sample of each channel in turn. Ignores a part of a frame at the end. Returns false if
    /// the disk refuses, the format's limit is reached or the file is closed, and in every later call.
    bool write(std::span<const std::int16_t> interleaved);

    /// Makes what was written so far survive a crash of this process. (It does not force data to the disk, so it does
    /// not help if the machine crashes.) WAV: rewrites the header in place. Files without a header: nothing is left to
    /// do. FLAC and Ogg: does nothing. Their encoders hold back up to 4,096 frames (FLAC) or some seconds (Ogg), which
    /// a crash loses. The rest can be read, although sound_reader then does not know the length of a FLAC file. Returns
    /// false if write() would.
    bool sync();

    /// Completes the file and closes it. Returns false if something was lost, now or before.
    bool close();

    /// Returns one line for people that says why write() returned false and how much was recorded; empty before that.
    std::string failure() const;

    /// Returns the length of the sound written so far.
    std::chrono::nanoseconds duration() const;

  private:
    struct AUDIOSOCKET_HIDDEN state;
    std::unique_ptr<state> state_;
};

} // namespace audiosocket
