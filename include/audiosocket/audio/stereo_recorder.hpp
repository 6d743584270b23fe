// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <audiosocket/audio/sound_error.hpp>
#include <audiosocket/audio/sound_writer.hpp>
#include <audiosocket/export.hpp>

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <span>
#include <string>

namespace audiosocket {

/// Records both sides of a call into one stereo file, lined up in time: what was heard (the caller)
/// on the left, what was played (us) on the right.
///
/// Samples come in blocks, each with the time at which its first sample belongs. Time places only
/// what it must, since arrival times jitter and moving a block makes a click:
/// - blocks of a side are laid end to end;
/// - when a side's end lies more than behind_max before the time of its next block, silence is laid
///   in between to catch up;
/// - a block that comes early, as in a burst, is laid at the end all the same, but a side never
///   reaches more than ahead_max beyond the time given: what would is dropped and counted;
/// - the file grows as far as both sides reach. A side that is more than wait_max shorter than the
///   other is filled with silence up to there, so that memory stays bounded (about wait_max of
///   sound) when one side is silent for long. What comes for that time later is early.
///
/// A side's samples at the file's rate go to the file bit for bit; others are resampled.
///
/// No thread inside: all calls from one at a time, which may block on the disk. Move-only.
class AUDIOSOCKET_EXPORT stereo_recorder {
  public:
    /// Three frames: more than the jitter of a sane network, and a gap that is not heard as an echo
    /// between the sides.
    static constexpr std::chrono::milliseconds behind_max{60};
    /// How far a side may reach beyond the time of its block: a burst of a second is kept.
    static constexpr std::chrono::milliseconds ahead_max{1000};
    /// How far one side may be shorter than the other before silence fills it. Bounds the memory.
    static constexpr std::chrono::milliseconds wait_max{1000};

    /// Longest recording: bounds the silence that one wrong time stamp can write. Beyond it the
    /// recording has failed, and what there is of it stays.
    static constexpr std::chrono::hours duration_max{24};

    /// Creates the file: .wav, .flac or .ogg (see sound_writer).
    /// Throws sound_error as sound_writer.
    /// Throws std::invalid_argument for a rate that a resampler does not take.
    stereo_recorder(const std::filesystem::path& path, int rate_hz, const file_creation& creation = {});
    /// Takes over the state of the other, which may then only be destroyed or assigned to.
    stereo_recorder(stereo_recorder&&) noexcept;
    /// Finishes this recording, then becomes the other.
    stereo_recorder& operator=(stereo_recorder&&) noexcept;
    /// Calls finish().
    ~stereo_recorder();

    /// Adds samples of the peer (left). `at` is the time since the start of the call; negative counts as
    /// 0. Nothing happens once the recording has failed or is finished. Allocates when a side's
    /// rate changes, and while its queue grows to its bound.
    /// Throws std::invalid_argument for a rate that a resampler does not take; never for the disk.
    void received(std::span<const std::int16_t> samples, int rate_hz, std::chrono::nanoseconds at);
    /// Adds samples that were sent (right), under the rules of received().
    void sent(std::span<const std::int16_t> samples, int rate_hz, std::chrono::nanoseconds at);

    /// Fills the shorter side with silence, completes the file and closes it. False as ok().
    bool finish();

    /// False once something could not be written; see failure().
    bool ok() const;

    /// Why, and how far the recording got, as one line; empty while ok().
    std::string failure() const;

    /// Length of what is in the file.
    std::chrono::nanoseconds duration() const;

    /// Sound dropped because it came too early, both sides together.
    std::chrono::nanoseconds dropped() const;

  private:
    struct AUDIOSOCKET_HIDDEN state;
    std::unique_ptr<state> state_;
};

} // namespace audiosocket
