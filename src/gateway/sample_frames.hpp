// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace audiosocket::gateway {

/// Divides audio in pieces of any length into frames of one length. Samples that do not fill a frame wait for more.
class sample_frames {
  public:
    /// Makes frames of this many samples; at least 1.
    explicit sample_frames(std::size_t frame_samples) : frame_samples_(frame_samples) { rest_.reserve(frame_samples); }

    /// Returns how many samples wait for the rest of their frame.
    std::size_t waiting() const noexcept { return rest_.size(); }

    /// Calls `use` with each frame that is whole now. The frame is valid until `use` returns.
    template <class Use>
    void add(std::span<const std::int16_t> samples, Use use) {
        if (!rest_.empty()) {
            const auto taken = std::min(frame_samples_ - rest_.size(), samples.size());
            rest_.insert(rest_.end(), samples.begin(), samples.begin() + static_cast<std::ptrdiff_t>(taken));
            samples = samples.subspan(taken);
            if (rest_.size() < frame_samples_) return;
            use(std::span<const std::int16_t>(rest_));
            rest_.clear();
        }
        for (; samples.size() >= frame_samples_; samples = samples.subspan(frame_samples_))
            use(samples.first(frame_samples_));
        rest_.assign(samples.begin(), samples.end());
    }

    /// Calls `use` with the samples that wait, filled with silence to a frame, unless none wait.
    template <class Use>
    void finish(Use use) {
        if (rest_.empty()) return;
        rest_.resize(frame_samples_, 0);
        use(std::span<const std::int16_t>(rest_));
        rest_.clear();
    }

  private:
    std::size_t frame_samples_;
    std::vector<std::int16_t> rest_;
};

} // namespace audiosocket::gateway
