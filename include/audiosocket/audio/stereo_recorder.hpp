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

/// Records both sides of a call into one stereo file, aligned in time: received audio (the caller) on the left, sent
/// audio (us) on the right.
///
/// Samples come in blocks, each with the time of its first sample. Arrival times jitter, and moving a block makes a
/// click, so the times move a block only where it is necessary:
/// - Blocks of a side are placed end to end.
/// - If the end of a side is more than behind_max before the time of its next block, the gap is filled with silence.
/// - A block that comes early, as in a burst, is placed at the end too. But a side never reaches more than ahead_max
///   beyond the time of its block: samples beyond that are dropped and counted.
/// - A side may be early by more than behind_max for two seconds, for example after a stall whose sound came later all
///   at once. Its next pauses (below -54 dBFS) are then shortened until it is aligned again. Louder sound is never cut
///   for that, so a side without pauses stays early by up to ahead_max.
/// - The file grows as far as both sides reach. If a side is more than wait_max shorter than the other, silence fills
///   it up to there. So memory is bounded (about wait_max of sound) when a side is silent for long. Audio that comes
///   later for that time counts as early.
///
/// Samples at the file's rate are written bit for bit; others are resampled.
///
/// Has no thread of its own. Use it from one thread at a time; every call may block on the disk. Move-only.
class AUDIOSOCKET_EXPORT stereo_recorder {
  public:
    /// How far a side may be behind before silence fills the gap. Three frames are more than the jitter of a healthy
    /// network, and a listener does not hear this difference between the sides as an echo.
    static constexpr std::chrono::milliseconds behind_max{60};
    /// How far a side may reach beyond the time of its block. A burst of a second is kept.
    static constexpr std::chrono::milliseconds ahead_max{1000};
    /// How much shorter than the other a side may be before silence fills it. Limits the memory.
    static constexpr std::chrono::milliseconds wait_max{1000};

    /// The longest recording. Limits the silence that one wrong time can write. Beyond it the recording fails, and what
    /// was written stays.
    static constexpr std::chrono::hours duration_max{24};

    /// Creates the file: .wav, .flac or .ogg (see sound_writer). `rate_hz` is the rate of the file.
    /// Throws sound_error as sound_writer does, and std::invalid_argument for a rate outside the bounds of a resampler.
    stereo_recorder(const std::filesystem::path& path, int rate_hz, const file_creation& creation = {});
    /// Moves the state of the other here. The other may then only be destroyed or assigned to.
    stereo_recorder(stereo_recorder&&) noexcept;
    /// Finishes this recording and takes the other. The other may then only be destroyed or assigned to.
    stereo_recorder& operator=(stereo_recorder&&) noexcept;
    /// Finishes the recording, as finish() does.
    ~stereo_recorder();

    /// Adds samples of the peer (left). `at` is the time since the start of the call; a negative time counts as zero.
    /// Has no effect if the recording has failed or is finished. Allocates when the rate of a side changes, and while
    /// its queue grows to its bound.
    /// Throws std::invalid_argument for a rate outside the bounds of a resampler. Never throws for the disk; see ok().
    void received(std::span<const std::int16_t> samples, int rate_hz, std::chrono::nanoseconds at);
    /// Adds samples that were sent (right). Otherwise the same as received().
    void sent(std::span<const std::int16_t> samples, int rate_hz, std::chrono::nanoseconds at);

    /// Fills the shorter side with silence, completes the file and closes it. Returns ok().
    bool finish();

    /// Returns false if something could not be written; see failure().
    bool ok() const;

    /// Returns one line for people that says why the recording failed and how much was recorded; empty while ok() is
    /// true.
    std::string failure() const;

    /// Returns the length of the sound in the file.
    std::chrono::nanoseconds duration() const;

    /// Returns how much sound was dropped because it came too early, the sum of both sides.
    std::chrono::nanoseconds dropped() const;

  private:
    struct AUDIOSOCKET_HIDDEN state;
    std::unique_ptr<state> state_;
};

} // namespace audiosocket
