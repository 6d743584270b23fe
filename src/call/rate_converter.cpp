// SPDX-License-Identifier: Apache-2.0
#include "call/rate_converter.hpp"

#include "call/kept_memory.hpp"

#include <algorithm>
#include <utility>

namespace audiosocket {
namespace {

// Room for what a resampler holds: 5 ms at 192 kHz. More is fetched in several steps.
constexpr std::size_t tail_samples = 960;

// Costs besides the samples, counted in samples; measured (bench/session_bench.cpp) and rounded up: each call of a
// resampler, the end of a stream and the beginning of another (6 us), a new filter (47 us).
constexpr std::uint64_t call_work = 32;
constexpr std::uint64_t stream_work = 128;
constexpr std::uint64_t filter_work = 1024;

std::size_t samples_per_ms(int rate_hz) {
    return static_cast<std::size_t>(rate_hz) / 1000;
}

// An application may want a higher rate than the wire has. The peer does not pay for that.
constexpr int wire_rate_hz_max = 192'000;

} // namespace

std::uint64_t rate_converter::work(std::size_t samples, int rate_hz) const noexcept {
    const auto in = static_cast<std::uint64_t>(rate_hz);
    const auto out = static_cast<std::uint64_t>(std::min(rate_out_hz_, wire_rate_hz_max));
    std::uint64_t total = samples * std::max(in, out) / in;
    if (stream_rate_hz_ != rate_hz) total += stream_work;
    if (gathered_.size() + samples < samples_per_ms(rate_hz)) return total;
    return total + call_work + (has_filter(rate_hz) ? 0 : filter_work);
}

void rate_converter::convert(std::span<const std::int16_t> samples, int rate_hz) {
    if (stream_rate_hz_ != rate_hz) finish_stream();
    stream_rate_hz_ = rate_hz;
    if (gathered_.empty() && samples.size() >= samples_per_ms(rate_hz)) return process(samples);
    gathered_.insert(gathered_.end(), samples.begin(), samples.end());
    if (gathered_.size() < samples_per_ms(rate_hz)) return;
    process(gathered_);
    clear_and_keep(gathered_, kept_samples_max(rate_hz));
}

void rate_converter::process(std::span<const std::int16_t> samples) {
    resampler& to_rate_out = filter(stream_rate_hz_);
    converted_.resize(to_rate_out.output_samples_max(samples.size()));
    const auto produced = to_rate_out.process(samples, converted_).produced;
    if (produced > 0) to_.push_audio(std::span(converted_).first(produced), rate_out_hz_);
    clear_and_keep(converted_, kept_samples_max(rate_out_hz_));
}

void rate_converter::finish_stream() {
    if (stream_rate_hz_ == 0) return;
    if (!gathered_.empty()) process(gathered_);
    gathered_.clear();
    resampler& to_rate_out = filter(std::exchange(stream_rate_hz_, 0));
    converted_.resize(tail_samples);
    while (const std::size_t produced = to_rate_out.flush(converted_))
        to_.push_audio(std::span(converted_).first(produced), rate_out_hz_);
}

bool rate_converter::has_filter(int rate_hz) const noexcept {
    return std::ranges::find(filters_, rate_hz, &resampler::in_rate_hz) != filters_.end();
}

resampler& rate_converter::filter(int rate_hz) {
    const auto made = std::ranges::find(filters_, rate_hz, &resampler::in_rate_hz);
    return made != filters_.end() ? *made : filters_.emplace_back(rate_hz, rate_out_hz_);
}

} // namespace audiosocket
