// SPDX-License-Identifier: Apache-2.0
// The coder is imagined, only its length is computed: a sample costs log2(spread / step), where
// `spread` is how wide the distribution of residuals is and `step` how finely samples are cut. In
// G.711 the step depends on the sample, so its logarithm is averaged over the payload.

#include "audio/code_length.hpp"

#include <algorithm>
#include <array>
#include <cassert>
#include <cmath>
#include <cstdint>
#include <cstdlib>
#include <limits>
#include <numbers>
#include <utility>

namespace audiosocket {
namespace {

using samples = std::span<const std::int16_t>;

// Predictors by order: zero, the sample before, the straight line through the two before, the
// parabola through three. Sound is smooth, so one of them fits; they are fixed, for a predictor
// that adapts would learn the regular jumps of a false reading as well.
constexpr std::size_t orders = 4;

// The better of two distributions around the prediction: Laplace (speech, noise), as wide as 2e
// times the mean residual, and uniform (tones), as wide as twice the largest.
double spread_of(samples in) {
    std::array<std::int64_t, orders> sum{};
    std::array<int, orders> most{};
    std::array<int, orders> last{}; // the residual of each order, one sample ago
    for (std::size_t i = 0; i < in.size(); ++i) {
        int residual = in[i];
        for (std::size_t order = 0; order < orders; ++order) {
            if (i >= order) {
                sum[order] += std::abs(residual);
                most[order] = std::max(most[order], std::abs(residual));
            }
            residual -= std::exchange(last[order], residual);
        }
    }
    double best = std::numeric_limits<double>::infinity();
    for (std::size_t order = 0; order < orders; ++order) {
        const double mean = static_cast<double>(sum[order]) / static_cast<double>(in.size() - order);
        best = std::min({best, 2 * std::numbers::e * mean, 2.0 * most[order]});
    }
    return best;
}

// log2 of the width of the step that a code stands for, in 16-bit units: mu-law's lowest segment
// has steps of 8, doubling with each segment; A-law's two lowest both have 16.
unsigned step_log2_of(encoding law, std::uint8_t code) {
    const unsigned inverted = law == encoding::ulaw ? 0x7fU : 0x55U;
    const unsigned segment = ((code ^ inverted) >> 4U) & 7U;
    return law == encoding::ulaw ? segment + 3 : std::max(segment, 1U) + 3;
}

double bits(std::size_t count, double spread, double step_log2) {
    return static_cast<double>(count) * (std::log2(spread + std::exp2(step_log2)) - step_log2);
}

double mean(unsigned sum, std::size_t count) {
    return static_cast<double>(sum) / static_cast<double>(count);
}

// Slin that somebody decoded from G.711 has only 256 values, as most calls' audio has. If all of
// these samples are such values, that is a far shorter way to write them down.
double bits_on_the_grid_of(encoding law, samples in, double spread) {
    unsigned step_log2_sum = 0;
    for (const std::int16_t sample : in) {
        const bool mu = law == encoding::ulaw;
        const std::uint8_t code = mu ? linear_to_ulaw(sample) : linear_to_alaw(sample);
        if ((mu ? ulaw_to_linear(code) : alaw_to_linear(code)) != sample) {
            return std::numeric_limits<double>::infinity();
        }
        step_log2_sum += step_log2_of(law, code);
    }
    return bits(in.size(), spread, mean(step_log2_sum, in.size()));
}

} // namespace

double code_length(encoding e, std::span<const std::byte> payload) {
    assert(payload.size() <= code_length_bytes_max && samples_in(e, payload.size()) > orders);
    std::array<std::int16_t, code_length_bytes_max> storage;
    const auto in = std::span(storage).first(samples_in(e, payload.size()));
    decode(e, payload, in);
    const double spread = spread_of(in);
    if (e == encoding::slin) {
        return std::min({bits(in.size(), spread, 0), bits_on_the_grid_of(encoding::ulaw, in, spread),
                         bits_on_the_grid_of(encoding::alaw, in, spread)});
    }
    unsigned step_log2_sum = 0;
    for (const std::byte b : payload) {
        step_log2_sum += step_log2_of(e, std::to_integer<std::uint8_t>(b));
    }
    return bits(in.size(), spread, mean(step_log2_sum, in.size()));
}

} // namespace audiosocket
