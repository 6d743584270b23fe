// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "bench/numbered_frames.hpp"

#include <audiosocket/call/event.hpp>

#include <array>
#include <cstdint>
#include <optional>
#include <span>

namespace audiosocket::app::bench {

/// Finds one call's numbered frames in what a server sends back, however it cuts the stream and whatever silence it
/// inserts.
///
/// How it works: the numbers of the samples identify their frame, within the period of 200. Of the possible frames, the
/// one nearest to the expected frame is meant. A frame has come back when all its samples have, in order. A ring of the
/// last frames knows when each was sent and whether it has come back before. A frame older than the ring (5 s) that
/// comes in order is still recognised; its time of sending is computed from the frame clock.
class returned_frames {
  public:
    /// How a frame came back.
    enum class order {
        in_order,
        late,  ///< After a frame that was sent later.
        again, ///< It had already come back.
    };
    struct returned {
        std::uint64_t number = 0;
        order how = order::in_order;
        time_point sent;
    };

    /// The numbers of a call begin at `first`, so that two calls do not send the same numbers at the same time.
    returned_frames(const numbered_frames& frames, std::uint64_t first) noexcept : frames_(&frames), first_(first) {}

    /// Return the message of the next frame, and note that it was sent.
    std::span<const std::byte> next_message() const noexcept { return frames_->message(first_ + sent_); }
    void sent(time_point at) noexcept;

    /// Returns the frames sent so far; numbers count from 0.
    std::uint64_t frames_sent() const noexcept { return sent_; }
    /// Returns the first frame that is still expected: all earlier frames have come back or were passed over.
    std::uint64_t expected() const noexcept { return expected_; }

    /// Returns the frames that came back in part.
    std::uint64_t torn() const noexcept { return torn_; }
    /// Returns the samples that were never sent: the audio was altered.
    std::uint64_t foreign_samples() const noexcept { return foreign_samples_; }

    /// Reads the samples of one message; calls `on_returned` for each frame that is now complete.
    template <class OnReturned>
    void take(std::span<const std::byte> payload, OnReturned on_returned) {
        if (next_sample_ == 0 && is_expected_frame(payload)) {
            if (const auto r = resolve((first_ + expected_) % numbered_frames::period)) on_returned(*r);
            return;
        }
        if (is_silence(payload)) return;
        for (std::size_t i = 0; i + 1 < payload.size(); i += 2)
            if (const auto r = take_sample(payload[i], payload[i + 1])) on_returned(*r);
    }

  private:
    static constexpr std::size_t remembered = 256;

    bool is_expected_frame(std::span<const std::byte> payload) const noexcept;
    static bool is_silence(std::span<const std::byte> payload) noexcept;
    std::optional<returned> take_sample(std::byte low, std::byte high) noexcept;
    std::optional<returned> resolve(std::size_t frame) noexcept;
    returned in_order(std::uint64_t number) noexcept;
    std::optional<returned> out_of_order(std::uint64_t number) noexcept;
    time_point sent_at(std::uint64_t number) const noexcept;

    struct sending {
        time_point at;
        bool returned = false;
    };

    const numbered_frames* frames_;
    std::uint64_t first_;
    std::uint64_t sent_ = 0;
    std::uint64_t expected_ = 0;
    std::uint64_t torn_ = 0;
    std::uint64_t foreign_samples_ = 0;

    // The frame whose samples are arriving: its number, the count of samples, and whether one was missing.
    std::size_t frame_ = 0;
    std::size_t next_sample_ = 0; // 0: between two frames
    bool whole_ = true;

    std::array<sending, remembered> sendings_{};
};

} // namespace audiosocket::app::bench
