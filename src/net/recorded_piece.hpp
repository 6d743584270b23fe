// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <audiosocket/audio/stereo_recorder.hpp>

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace audiosocket::detail {

enum class call_side { received, sent };

/// Samples of one side, which belong together in time.
struct recorded_block {
    call_side side;
    int rate_hz;
    std::chrono::nanoseconds at; ///< Since the start of the recording.
    std::size_t samples;
};

/// What a recorder writes to disk in one go.
struct recorded_piece {
    std::vector<recorded_block> blocks;
    std::vector<std::int16_t> samples; ///< Of all blocks, end to end.
    std::chrono::nanoseconds dropped{};

    /// Whether the peer sent audio, or we sent anything but silence.
    bool has_audio() const;

    /// The rate of the first received block, or of the first block if nothing was received. There is a block.
    int rate_hz() const;

    /// Gives all blocks to a recorder, in order.
    void write_to(stereo_recorder& file) const;
};

/// Collects both sides of a call into pieces of half a second, and bounds what a piece holds.
class piece_collector {
  public:
    /// A crash loses this and what the recorder holds back. It is short enough for evidence, and long enough that a
    /// thousand recordings cost the disk executor two thousand tasks a second, not a hundred thousand.
    static constexpr std::chrono::milliseconds piece_length{500};

    /// Sound of one side in a piece. The recorder takes no more: it lets a side reach ahead_max beyond its time.
    static constexpr std::chrono::milliseconds sound_max = piece_length + stereo_recorder::ahead_max;

    /// What a block counts at least, however few samples it has. A peer may send a sample at a time, and each block
    /// costs the disk executor some microseconds. Real peers send frames of 10 ms and more.
    static constexpr std::chrono::milliseconds block_cost_min{1};

    /// Blocks that came at the same time become one, up to the length of a usual frame.
    static constexpr std::chrono::milliseconds merged_max{20};

    /// True when the collected piece is complete before a block that belongs at this time: take() it first.
    bool is_due(std::chrono::nanoseconds at) const noexcept { return at - begin_ >= piece_length; }

    /// Adds a copy of the samples. What is beyond sound_max is dropped and counted.
    void add(call_side side, std::span<const std::int16_t> samples, int rate_hz, std::chrono::nanoseconds at);

    /// Returns what was collected. The next piece begins at this time.
    recorded_piece take(std::chrono::nanoseconds at);

  private:
    recorded_piece piece_;
    std::chrono::nanoseconds begin_{};
    std::array<std::chrono::nanoseconds, 2> spent_{}; // of sound_max, by each side
};

} // namespace audiosocket::detail
