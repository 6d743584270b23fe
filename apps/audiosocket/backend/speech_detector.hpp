// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <audiosocket/audio/level_meter.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <span>

namespace audiosocket::app::backend {

/// Whether a caller speaks, by nothing but the level: a stand-in for the turn detection of a service.
class speech_detector {
  public:
    /// Blocks of 20 ms. A click is shorter than three of them, a pause between words than 25.
    static constexpr int blocks_to_speech = 3;
    static constexpr int blocks_to_silence = 25;

    speech_detector(int rate_hz, double threshold_dbfs)
        : block_samples_(static_cast<std::size_t>(rate_hz) / 50), threshold_dbfs_(threshold_dbfs) {}

    bool speaks() const noexcept { return speaks_; }

    /// Listens on, and calls `changed(speaks)` each time that the caller begins or ceases to speak.
    template <class Changed>
    void add(std::span<const std::int16_t> samples, Changed changed) {
        while (!samples.empty()) {
            const auto part = samples.first(std::min(samples.size(), block_samples_ - in_block_));
            meter_.add(part);
            samples = samples.subspan(part.size());
            in_block_ += part.size();
            if (in_block_ < block_samples_) return;
            in_block_ = 0;
            if (judge(meter_.take().rms_dbfs >= threshold_dbfs_)) changed(speaks_);
        }
    }

  private:
    // Whether that was a change.
    bool judge(bool loud) {
        against_ = loud == speaks_ ? 0 : against_ + 1;
        if (against_ < (speaks_ ? blocks_to_silence : blocks_to_speech)) return false;
        against_ = 0;
        speaks_ = !speaks_;
        return true;
    }

    const std::size_t block_samples_;
    const double threshold_dbfs_;
    level_meter meter_;
    std::size_t in_block_ = 0;
    int against_ = 0; // blocks in a row that say the opposite
    bool speaks_ = false;
};

} // namespace audiosocket::app::backend
