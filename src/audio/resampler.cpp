// SPDX-License-Identifier: Apache-2.0
// A thin layer over speexdsp's resampler that adds two things: it cuts the filter's delay from the start of the stream,
// and makes the end of the stream exact to the sample. For the end it counts how much output the input so far stands
// for (`owed`). flush() puts silence into the filter until that much has come out.
//
// Invariant: the stream so far stands for (produced + owed + phase / in_rate) output samples, with 0 <= phase <
// in_rate. This remainder makes it exact, and it never overflows.

#include <audiosocket/audio/resampler.hpp>

#include <audiosocket/audio/duration.hpp>

#include <speex/speex_resampler.h>

#include <algorithm>
#include <array>
#include <new>
#include <stdexcept>
#include <string>
#include <utility>

namespace audiosocket {
namespace {

// speexdsp counts in 32 bits, so larger spans are passed in pieces of this size.
constexpr std::size_t piece_samples_max = 1U << 20U;

// A block of the silence that flush() puts in; its size does not matter.
constexpr std::array<std::int16_t, 256> silence{};

void check_rate(const char* which, int rate_hz) {
    if (resampler::takes(rate_hz)) {
        return;
    }
    throw std::invalid_argument("resampler: " + std::string(which) + " rate " + std::to_string(rate_hz) +
                                " Hz is not between " + std::to_string(resampler::rate_hz_min) + " and " +
                                std::to_string(resampler::rate_hz_max));
}

struct speex_deleter {
    void operator()(SpeexResamplerState* filter) const { speex_resampler_destroy(filter); }
};

} // namespace

struct resampler::state {
    std::uint64_t in_rate = 0;
    std::uint64_t out_rate = 0;
    std::unique_ptr<SpeexResamplerState, speex_deleter> filter; // null if the rates are equal
    std::uint64_t phase = 0;
    std::int64_t owed = 0;

    void count(std::size_t consumed, std::size_t produced) {
        const std::uint64_t worth = phase + consumed * out_rate;
        owed += static_cast<std::int64_t>(worth / in_rate) - static_cast<std::int64_t>(produced);
        phase = worth % in_rate;
    }

    progress filter_piece(std::span<const std::int16_t> in, std::span<std::int16_t> out) const {
        auto in_samples = static_cast<spx_uint32_t>(std::min(in.size(), piece_samples_max));
        auto out_samples = static_cast<spx_uint32_t>(std::min(out.size(), piece_samples_max));
        speex_resampler_process_int(filter.get(), 0, in.data(), &in_samples, out.data(), &out_samples);
        return {in_samples, out_samples};
    }
};

resampler::resampler(int in_rate_hz, int out_rate_hz, int quality) : state_(std::make_unique<state>()) {
    check_rate("input", in_rate_hz);
    check_rate("output", out_rate_hz);
    if (quality < SPEEX_RESAMPLER_QUALITY_MIN || quality > SPEEX_RESAMPLER_QUALITY_MAX) {
        throw std::invalid_argument("resampler: quality " + std::to_string(quality) + " is not between 0 and 10");
    }
    state_->in_rate = static_cast<std::uint64_t>(in_rate_hz);
    state_->out_rate = static_cast<std::uint64_t>(out_rate_hz);
    if (in_rate_hz == out_rate_hz) {
        return;
    }

    int error = RESAMPLER_ERR_SUCCESS;
    state_->filter.reset(speex_resampler_init(1, static_cast<spx_uint32_t>(in_rate_hz),
                                              static_cast<spx_uint32_t>(out_rate_hz), quality, &error));
    if (!state_->filter) {
        throw std::bad_alloc();
    } // the arguments are valid, so only memory can be missing
    speex_resampler_skip_zeros(state_->filter.get());
}

resampler::resampler(resampler&&) noexcept = default;
resampler& resampler::operator=(resampler&&) noexcept = default;
resampler::~resampler() = default;

int resampler::in_rate_hz() const {
    return static_cast<int>(state_->in_rate);
}
int resampler::out_rate_hz() const {
    return static_cast<int>(state_->out_rate);
}

std::chrono::nanoseconds resampler::delay() const {
    if (!state_->filter) {
        return std::chrono::nanoseconds::zero();
    }
    const int samples = speex_resampler_get_input_latency(state_->filter.get());
    return duration_of(static_cast<std::uint64_t>(samples), static_cast<int>(state_->in_rate));
}

std::size_t resampler::output_samples_max(std::size_t in_samples) const {
    const auto [in_rate, out_rate] = std::pair(state_->in_rate, state_->out_rate);
    // Whole seconds and the rest are computed apart, so that no size that fits in memory overflows.
    const std::size_t whole = in_samples / in_rate * out_rate;
    return whole + (in_samples % in_rate * out_rate + in_rate - 1) / in_rate + 1;
}

resampler::progress resampler::process(std::span<const std::int16_t> in, std::span<std::int16_t> out) {
    if (!state_->filter) {
        const std::size_t samples = std::min(in.size(), out.size());
        std::copy_n(in.begin(), samples, out.begin());
        return {samples, samples};
    }
    progress total{0, 0};
    while (total.consumed < in.size() && total.produced < out.size()) {
        const auto step = state_->filter_piece(in.subspan(total.consumed), out.subspan(total.produced));
        if (step.consumed == 0 && step.produced == 0) {
            break;
        }
        state_->count(step.consumed, step.produced);
        total.consumed += step.consumed;
        total.produced += step.produced;
    }
    return total;
}

std::size_t resampler::flush(std::span<std::int16_t> out) {
    if (!state_->filter) {
        return 0;
    }
    if (state_->phase != 0) { // the last input sample reaches into one more output sample: round up
        state_->phase = 0;
        ++state_->owed;
    }
    if (state_->owed <= 0) {
        reset();
        return 0;
    }
    out = out.first(std::min(out.size(), static_cast<std::size_t>(state_->owed)));
    std::size_t produced = 0;
    while (produced < out.size()) {
        const auto step = state_->filter_piece(silence, out.subspan(produced));
        produced += step.produced;
    }
    state_->owed -= static_cast<std::int64_t>(produced);
    return produced;
}

void resampler::reset() {
    state_->phase = 0;
    state_->owed = 0;
    if (!state_->filter) {
        return;
    }
    speex_resampler_reset_mem(state_->filter.get());
    speex_resampler_skip_zeros(state_->filter.get());
}

} // namespace audiosocket
