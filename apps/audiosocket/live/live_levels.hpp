// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <audiosocket/audio/level_meter.hpp>
#include <audiosocket/call/call_monitor.hpp>

#include <array>
#include <cstdint>
#include <memory>
#include <vector>

namespace audiosocket::app {

/// The outline of one side of a call: for each 20 ms the lowest and the highest sample. What is older than 20 s is
/// forgotten.
class sound_outline {
  public:
    static constexpr std::chrono::milliseconds slot_time{20};
    static constexpr std::size_t slots_max = 1000;

    /// In 256ths of the full scale.
    struct slot {
        std::int8_t low = 0;
        std::int8_t high = 0;
    };

    /// Its first slot begins now; both sides of a call are given the same time, so that they stand side by side.
    explicit sound_outline(time_point begin) : begin_(begin) {}

    void add(std::span<const std::int16_t> samples, int rate_hz, time_point at);

    /// The number of the slot that comes next, counted from the begin.
    std::uint64_t next() const noexcept { return next_; }

    /// Those from number `from` on that are still remembered.
    std::vector<slot> since(std::uint64_t from) const;

    /// The number of the first slot that since(from) gives.
    std::uint64_t first_since(std::uint64_t from) const noexcept;

  private:
    void push(slot s) noexcept;

    time_point begin_;
    std::uint64_t next_ = 0;
    int low_ = 0; // of the slot that is being filled
    int high_ = 0;
    std::int64_t filled_ = 0; // samples in it
    std::array<slot, slots_max> ring_{};
};

/// Levels of both sides of a call while somebody looks at it, and outlines if he looks closely. Used on the call's
/// thread only, so that hearing takes no lock.
class live_levels final : public call_monitor {
  public:
    /// Levels are those of stretches this long: a meter that is looked at a few times a second misses no word.
    static constexpr std::chrono::milliseconds level_time{200};

    void received(std::span<const std::int16_t> samples, int rate_hz, time_point at) override;
    void sent(std::span<const std::int16_t> samples, int rate_hz, time_point at) override;

    /// The level of the last stretch; the floor where nothing has come for a while.
    level received_level(time_point now) const noexcept { return received_.last(now); }
    level sent_level(time_point now) const noexcept { return sent_.last(now); }

    struct outlines {
        sound_outline received;
        sound_outline sent;
    };

    /// Draws outlines from now on, or no more. They cost 4 KiB.
    void draw(bool on);
    const outlines* drawn() const noexcept { return outlines_.get(); }

  private:
    class stretch {
      public:
        void add(std::span<const std::int16_t> samples, time_point at);
        level last(time_point now) const noexcept;

      private:
        level_meter meter_;
        level last_;
        time_point begin_{};
        time_point end_{};
    };

    stretch received_;
    stretch sent_;
    std::unique_ptr<outlines> outlines_;
};

} // namespace audiosocket::app
