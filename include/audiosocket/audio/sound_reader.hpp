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
#include <vector>

namespace audiosocket {

/// Streams a sound file as mono 16-bit samples at one rate, whatever is in the file: channels are
/// averaged, the rate is converted (see resampler), and samples of more than 16 bits or floating
/// point are rounded, with full scale at 1.0 and anything beyond clipped. A mono file of 16 bits at
/// the rate asked for comes out bit for bit.
///
/// Reads what libsndfile reads (WAV, FLAC, Ogg, AIFF, MP3 from its release 1.1 ...), recognised by the
/// content, and files without a header, recognised by the suffix as Asterisk does, all mono:
///
///     .slin .sln .sln8 .raw          slin at 8 kHz
///     .sln12 .sln16 ... .sln192      slin at that many kHz (.sln44: 44.1); .slin12 ... alike
///     .ulaw .ulw .ul .mu .pcm        G.711 mu-law at 8 kHz
///     .alaw .alw .al                 G.711 A-law at 8 kHz
///     .gsm                           GSM 06.10 at 8 kHz
///     .vox                           Dialogic ADPCM at 8 kHz
///
/// The stronger evidence wins. A file that starts as a WAV file is one under any name. A file that starts as
/// something else than sound, for example as HTML, is refused under any name.
///
/// The length of a WAV file is what the file holds, where its header has a placeholder (0, 0xffffffff) or claims more.
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
    ///     file, without a single sample, or of more channels or another rate than is taken;
    ///     sound_unrecognised when neither its content nor its suffix is that of a sound.
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

    /// What a listener should know about a file that can be read nevertheless: one line each, with the file and what
    /// to do. For example a WAV file under the name .sln, a file that is shorter than its header claims, a second WAV
    /// file behind the first, or 16-bit PCM under the name .pcm, which stands for mu-law. Complete from the start.
    std::vector<std::string> notes() const;

    /// The file, as it was named to the constructor.
    const std::filesystem::path& path() const;

    /// Rate of what read() delivers.
    int rate_hz() const;

    /// Returns the rate of the sound in the file, in Hz.
    int file_rate_hz() const;
    /// Returns how many channels the file has. read() mixes them to one.
    int file_channels() const;

    /// Length of the sound; nothing when the format does not say.
    std::optional<std::chrono::nanoseconds> duration() const;

    /// For people, as "WAV (Microsoft), Signed 16 bit PCM".
    std::string format_name() const;

  private:
    struct AUDIOSOCKET_HIDDEN state;
    std::unique_ptr<state> state_;
};

} // namespace audiosocket
