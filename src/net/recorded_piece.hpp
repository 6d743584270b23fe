// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <audiosocket/audio/stereo_recorder.hpp>
#include <audiosocket/net/recording_memory.hpp>

#include <array>
#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <utility>
#include <vector>

namespace audiosocket::detail {

enum class call_side { received, sent };

/// Samples of one side without a gap in time.
struct recorded_block {
    call_side side;
    int rate_hz;
    std::chrono::nanoseconds at; ///< Time since the start of the recording.
    std::size_t samples;
};

/// The part of a recording_memory that one recording has taken.
class memory_share {
  public:
    /// Makes a share of this memory; null: no limit.
    explicit memory_share(std::shared_ptr<recording_memory> of) : of_(std::move(of)) {}

    [[nodiscard]] bool take(std::size_t bytes) noexcept {
        if (!of_) return true;
        if (!of_->take(own_, bytes)) return false;
        own_ += bytes;
        return true;
    }
    void give_back(std::size_t bytes) noexcept {
        if (!of_) return;
        own_ -= bytes;
        of_->give_back(bytes);
    }

  private:
    const std::shared_ptr<recording_memory> of_;
    std::atomic<std::size_t> own_{0}; // taken on the thread of the call, returned on a thread of the disk
};

/// Bytes of a share, which are returned when this is destroyed.
class held_memory {
  public:
    held_memory() = default;
    explicit held_memory(std::shared_ptr<memory_share> of) : of_(std::move(of)) {}
    held_memory(held_memory&& other) noexcept : of_(std::move(other.of_)), bytes_(std::exchange(other.bytes_, 0)) {}
    held_memory& operator=(held_memory&& other) noexcept {
        std::swap(of_, other.of_);
        std::swap(bytes_, other.bytes_);
        return *this;
    }
    ~held_memory() {
        if (of_) of_->give_back(bytes_);
    }

    [[nodiscard]] bool grow(std::size_t bytes) noexcept {
        if (of_ && !of_->take(bytes)) return false;
        bytes_ += bytes;
        return true;
    }
    void shrink(std::size_t bytes) noexcept {
        if (of_) of_->give_back(bytes);
        bytes_ -= bytes;
    }

  private:
    std::shared_ptr<memory_share> of_; // shared, because pieces outlive the recorder
    std::size_t bytes_ = 0;
};

/// What a recorder writes to disk at once.
struct recorded_piece {
    held_memory held;
    std::vector<recorded_block> blocks;
    std::vector<std::int16_t> samples; ///< The samples of all blocks, end to end.
    std::chrono::nanoseconds dropped{};

    /// Returns whether the peer sent audio, or we sent anything but silence.
    bool has_audio() const;

    /// Returns the rate of the first received block, or of the first block if nothing was received. There must be a
    /// block.
    int rate_hz() const;

    /// Writes all blocks to a recorder, in order.
    void write_to(stereo_recorder& file) const;
};

/// Collects both sides of a call into pieces of half a second, and limits the content of a piece.
class piece_collector {
  public:
    /// Makes a collector whose memory is limited by `memory`; null: no limit.
    explicit piece_collector(std::shared_ptr<recording_memory> memory = nullptr)
        : share_(std::make_shared<memory_share>(std::move(memory))), piece_{held_memory(share_), {}, {}, {}} {}

    /// The length of a piece. A crash loses this much and what the recorder holds back, which is little enough. It is
    /// long enough that a thousand recordings make only two thousand disk tasks a second, not a hundred thousand.
    static constexpr std::chrono::milliseconds piece_length{500};

    /// The most sound of one side in a piece. The recorder takes no more, because a side may reach only ahead_max
    /// beyond its time.
    static constexpr std::chrono::milliseconds sound_max = piece_length + stereo_recorder::ahead_max;

    /// The least length that a block counts. A peer may send single samples, and each block costs the disk executor
    /// some microseconds. Real peers send frames of at least 10 ms.
    static constexpr std::chrono::milliseconds block_cost_min{1};

    /// Blocks that came at the same time are joined up to this length, that of a usual frame.
    static constexpr std::chrono::milliseconds merged_max{20};

    /// Returns whether the collected piece is complete before a block of this time. If so, take() it first.
    bool is_due(std::chrono::nanoseconds at) const noexcept { return at - begin_ >= piece_length; }

    /// Returns whether take() would return nothing to write or count.
    bool is_empty() const noexcept { return piece_.blocks.empty() && piece_.dropped.count() == 0; }

    /// Adds a copy of the samples. Samples beyond sound_max, or without memory, are dropped and counted.
    void add(call_side side, std::span<const std::int16_t> samples, int rate_hz, std::chrono::nanoseconds at);

    /// Returns what was collected. The next piece begins at this time.
    recorded_piece take(std::chrono::nanoseconds at);

  private:
    void append(const recorded_block& block, std::span<const std::int16_t> samples);

    std::shared_ptr<memory_share> share_;
    recorded_piece piece_;
    std::chrono::nanoseconds begin_{};
    std::array<std::chrono::nanoseconds, 2> spent_{}; // how much of sound_max each side has used
};

} // namespace audiosocket::detail
