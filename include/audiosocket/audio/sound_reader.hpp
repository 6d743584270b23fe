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

/// Streams any sound file as mono 16-bit samples at one rate. Channels are averaged and the rate is converted (see
/// resampler). Samples of more than 16 bits are rounded. So are floating-point samples, with full scale at 1.0; larger
/// ones are clipped. A mono file of 16 bits at the requested rate is read bit for bit.
///
/// Reads all formats of libsndfile (WAV, FLAC, Ogg, AIFF, MP3 from its release 1.1 ...), which are recognised by their
/// content. Files without a header are recognised by their suffix, as Asterisk does; they are mono:
///
///     .slin .sln .sln8 .raw          slin at 8 kHz
///     .sln12 .sln16 ... .sln192      slin at that many kHz (.sln44: 44.1); also .slin12 ...
///     .ulaw .ulw .ul .mu .pcm        G.711 mu-law at 8 kHz
///     .alaw .alw .al                 G.711 A-law at 8 kHz
///     .gsm                           GSM 06.10 at 8 kHz
///     .vox                           Dialogic ADPCM at 8 kHz
///
/// Content is stronger than the name. A file that starts as a WAV file is a WAV file under any name. A file that starts
/// as something else than sound, for example as HTML, is refused under any name.
///
/// The header of a WAV file may have a placeholder as length (0, 0xffffffff) or claim too much. Then the size of the
/// file decides.
///
/// Move-only; not thread-safe. Memory does not grow with the length of the file. Reading blocks on the disk: do not
/// read on a thread that serves calls. Load a clip beforehand instead.
class AUDIOSOCKET_EXPORT sound_reader {
  public:
    /// Stands for the file's own rate.
    static constexpr int native_rate_hz = 0;

    /// The most channels that a file may have. A file that claims more is damaged, or not made for a telephone.
    static constexpr int channels_max = 64;

    /// Opens the file, to read it at `rate_hz`: native_rate_hz, or a rate within the bounds of a resampler. Throws
    /// sound_error if the file is missing, unreadable, a directory, empty, not a sound file, or without a sample.
    /// Throws it too for too many channels or an unsupported rate. Throws sound_unrecognised if neither its content nor
    /// its suffix is that of a sound. Throws std::invalid_argument for a rate_hz outside the bounds of a resampler.
    explicit sound_reader(const std::filesystem::path& path, int rate_hz = native_rate_hz);
    /// Moves the state of the other here. The other may then only be destroyed or assigned to.
    sound_reader(sound_reader&&) noexcept;
    /// Replaces the state by that of the other. The other may then only be destroyed or assigned to.
    sound_reader& operator=(sound_reader&&) noexcept;
    ~sound_reader();

    /// Fills `out` from the front and returns the number of samples written: fewer than out.size() only at the end of
    /// the sound, then 0. Never throws: if the file breaks off, the sound ends early, and failure() says why. Allocates
    /// nothing.
    std::size_t read(std::span<std::int16_t> out);

    /// Fills `out` with whole frames (one sample of each channel in turn), not mixed and at the file's own rate. Use it
    /// instead of read(). Returns the number of samples written: fewer than fit only at the end of the sound, then 0.
    /// Never throws; see failure().
    std::size_t read_frames(std::span<std::int16_t> out);

    /// Returns one line for people that says why the sound ended early; empty if it did not.
    std::string failure() const;

    /// Returns warnings about a file that can be read, but may not be what was meant: one line each, with the file and
    /// what to do. Examples: a WAV file with the name .sln; a file that is shorter than its header claims; a second WAV
    /// file behind the first; 16-bit PCM with the name .pcm, which stands for mu-law. Complete after construction.
    std::vector<std::string> notes() const;

    /// Returns the path that was passed to the constructor.
    const std::filesystem::path& path() const;

    /// Returns the rate of the samples from read(), in Hz.
    int rate_hz() const;

    /// Returns the rate of the sound in the file, in Hz.
    int file_rate_hz() const;
    /// Returns how many channels the file has. read() mixes them.
    int file_channels() const;

    /// Returns the length of the sound, or nothing if the format does not say it.
    std::optional<std::chrono::nanoseconds> duration() const;

    /// Returns the name of the format for people, such as "WAV (Microsoft), Signed 16 bit PCM".
    std::string format_name() const;

  private:
    struct AUDIOSOCKET_HIDDEN state;
    std::unique_ptr<state> state_;
};

} // namespace audiosocket
