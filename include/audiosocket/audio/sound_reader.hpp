// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <audiosocket/audio/sound_error.hpp>
#include <audiosocket/export.hpp>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <span>
#include <string>

namespace audiosocket {

/// Streams a sound file as mono 16-bit samples at one rate, whatever is in the file: channels are
/// averaged, the rate is converted (see resampler), and samples of more than 16 bits or floating
/// point are rounded, with full scale at 1.0 and anything beyond clipped. A mono file of 16 bits at
/// the rate asked for comes out bit for bit.
///
/// Reads what libsndfile reads (WAV, FLAC, Ogg, AIFF, MP3 from its release 1.1 ...), told from the
/// content, and files without a header, told from the suffix as Asterisk does, all mono:
///
///     .slin .sln .sln8 .raw          slin at 8 kHz
///     .sln12 .sln16 ... .sln192      slin at that many kHz (.sln44: 44.1); .slin12 ... alike
///     .ulaw .ul .mu .pcm             G.711 mu-law at 8 kHz
///     .alaw .al                      G.711 A-law at 8 kHz
///     .gsm                           GSM 06.10 at 8 kHz
///
/// Move-only; not thread-safe. Memory is bounded whatever the length of the file. Reading blocks on
/// the disk: keep it out of a thread that paces calls, or load a clip beforehand.
class AUDIOSOCKET_EXPORT sound_reader {
  public:
    /// As a rate: the file's own.
    static constexpr int native_rate_hz = 0;

    /// Most channels taken; a file that claims more is damaged or no sound for a telephone.
    static constexpr int channels_max = 64;

    /// Opens the file, and delivers it at `rate_hz`: native_rate_hz, or what a resampler takes.
    /// Throws sound_error when the file is missing, unreadable, a directory, empty, not a sound
    ///     file, without a single sample, or of more channels or another rate than is taken.
    /// Throws std::invalid_argument for a rate_hz that a resampler does not take.
    explicit sound_reader(const std::filesystem::path& path, int rate_hz = native_rate_hz);
    /// Takes over the state of the other, which may then only be destroyed or assigned to.
    sound_reader(sound_reader&&) noexcept;
    /// Takes over the state of the other in place of its own. The other may then only be destroyed or assigned to.
    sound_reader& operator=(sound_reader&&) noexcept;
    ~sound_reader();

    /// Fills `out` from the front and returns how many samples that were: fewer than asked for only
    /// at the end of the sound, then 0. Never throws: a file that breaks off ends early, see
    /// failure(). Allocates nothing.
    std::size_t read(std::span<std::int16_t> out);

    /// Instead of read(): fills `out` with whole frames, a sample of each channel in turn, not mixed and at the file's
    /// own rate, and returns how many samples that were. Otherwise as read().
    std::size_t read_frames(std::span<std::int16_t> out);

    /// Why the sound ended before its time, as one line; empty while all is well.
    std::string failure() const;

    /// Rate of what read() delivers.
    int rate_hz() const;

    /// Returns the rate of the sound in the file, in Hz.
    int file_rate_hz() const;
    /// Returns how many channels the file has. read() mixes them to one.
    int file_channels() const;

    /// Length of the sound, from the file's header; nothing when the format does not say.
    std::optional<std::chrono::nanoseconds> duration() const;

    /// For people, as "WAV (Microsoft), Signed 16 bit PCM".
    std::string format_name() const;

  private:
    struct AUDIOSOCKET_HIDDEN state;
    std::unique_ptr<state> state_;
};

} // namespace audiosocket
