// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <audiosocket/audio/level_meter.hpp>
#include <audiosocket/call/call_monitor.hpp>

#include <array>
#include <cstdint>
#include <memory>
#include <vector>

namespace audiosocket::app {

/// The outline of one side of a call: for each 20 ms the lowest and the highest sample. Slots older than 20 s are
/// forgotten.
class sound_outline {
  public:
    static constexpr std::chrono::milliseconds slot_time{20};
    static constexpr std::size_t slots_max = 1000;

    /// In 256ths of full scale.
    struct slot {
        std::int8_t low = 0;
        std::int8_t high = 0;
    };

    /// The first slot begins at `begin`; both sides of a call get the same time, so that they are aligned.
    explicit sound_outline(time_point begin) : begin_(begin) {}

    void add(std::span<const std::int16_t> samples, int rate_hz, time_point at);

    /// Returns the number of the next slot, counted from the begin.
    std::uint64_t next() const noexcept { return next_; }

    /// Returns the remembered slots from number `from` on.
    std::vector<slot> since(std::uint64_t from) const;

    /// Returns the number of the first slot of since(from).
    std::uint64_t first_since(std::uint64_t from) const noexcept;

  private:
    void push(slot s) noexcept;

    time_point begin_;
    std::uint64_t next_ = 0;
    int low_ = 0; // of the current slot
    int high_ = 0;
    std::int64_t filled_ = 0; // samples in the current slot
    std::array<slot, slots_max> ring_{};
};

/// Levels of both sides of a call while it is observed, and outlines if they are asked for. Used only on the call's
/// thread, so that measuring takes no lock.
class live_levels final : public call_monitor {
  public:
    /// Length of the stretches whose levels are measured: a meter that is read a few times a second misses no word.
    static constexpr std::chrono::milliseconds level_time{200};

    void received(std::span<const std::int16_t> samples, int rate_hz, time_point at) override;
    void sent(std::span<const std::int16_t> samples, int rate_hz, time_point at) override;

    /// Returns the level of the last stretch; the floor if nothing has arrived for a while.
    level received_level(time_point now) const noexcept { return received_.last(now); }
    level sent_level(time_point now) const noexcept { return sent_.last(now); }

    struct outlines {
        sound_outline received;
        sound_outline sent;
    };

    /// Starts or stops drawing outlines, which need 4 KiB.
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
