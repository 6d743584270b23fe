// SPDX-License-Identifier: Apache-2.0
#include "received_audio.hpp"

#include <algorithm>
#include <iterator>

namespace audiosocket::c {

received_audio::received_audio(const audio_options& how, std::chrono::milliseconds bound)
    : how_(how), bound_(bound), rate_hz_(how.rate_hz) {}

bool received_audio::set(const audio_options& how) {
    const std::vector<std::int16_t> unread(samples_.begin() + static_cast<std::ptrdiff_t>(first_), samples_.end());
    const int old_rate_hz = rate_hz_;
    samples_.clear();
    first_ = 0;
    converter_.reset();
    how_ = how;
    rate_hz_ = how.rate_hz != 0 ? how.rate_hz : in_rate_hz_;
    if (!unread.empty()) append(unread, old_rate_hz);
    notified_ = false;
    return is_event_due();
}

bool received_audio::add(std::span<const std::int16_t> samples, int rate_hz) {
    if (samples.empty()) return false;
    in_rate_hz_ = rate_hz;
    if (rate_hz_ == 0) rate_hz_ = rate_hz;
    const auto before = samples_.size();
    append(samples, rate_hz);
    added_ += samples_.size() - before;
    drop_oldest();
    return is_event_due();
}

bool received_audio::is_event_due() {
    if (notified_ || available() == 0 || available() < samples_of(std::chrono::milliseconds(how_.event_ms)))
        return false;
    notified_ = true;
    return true;
}

std::size_t received_audio::read(std::span<std::int16_t> to) {
    const auto count = std::min(to.size(), available());
    const auto from = samples_.begin() + static_cast<std::ptrdiff_t>(first_);
    std::copy(from, from + static_cast<std::ptrdiff_t>(count), to.begin());
    first_ += count;
    if (first_ == samples_.size()) {
        samples_.clear();
        first_ = 0;
    } else if (first_ > samples_.size() / 2) { // each sample is moved once on average
        samples_.erase(samples_.begin(), samples_.begin() + static_cast<std::ptrdiff_t>(first_));
        first_ = 0;
    }
    if (available() < samples_of(std::chrono::milliseconds(how_.event_ms))) notified_ = false;
    return count;
}

std::size_t received_audio::samples_of(std::chrono::milliseconds time) const noexcept {
    return static_cast<std::size_t>(time.count()) * static_cast<std::size_t>(rate_hz_) / 1000;
}

void received_audio::append(std::span<const std::int16_t> samples, int rate_hz) {
    if (rate_hz == rate_hz_) {
        converter_.reset();
        samples_.insert(samples_.end(), samples.begin(), samples.end());
        return;
    }
    if (!converter_ || converter_->in_rate_hz() != rate_hz) converter_.emplace(rate_hz, rate_hz_);
    const auto before = samples_.size();
    samples_.resize(before + converter_->output_samples_max(samples.size()));
    const auto made = converter_->process(samples, std::span(samples_).subspan(before)).produced;
    samples_.resize(before + made);
}

void received_audio::drop_oldest() {
    const auto most = std::max(samples_of(bound_), 2 * samples_of(std::chrono::milliseconds(how_.event_ms)));
    if (available() <= most) return;
    const auto over = available() - most;
    lost_ += over;
    first_ += over;
    samples_.erase(samples_.begin(), samples_.begin() + static_cast<std::ptrdiff_t>(first_));
    first_ = 0;
}

} // namespace audiosocket::c
