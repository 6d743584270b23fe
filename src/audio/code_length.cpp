// SPDX-License-Identifier: Apache-2.0
// Nothing is really coded; only the length of the code is computed. A sample costs log2(spread / step): `spread` is the
// width of the distribution of residuals, `step` the size of a quantisation step. In G.711 the step depends on the
// sample, so its logarithm is averaged over the payload.

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

// Predictors by order: zero, the last sample, the straight line through the last two, the parabola through the last
// three. Sound is smooth, so one of them fits. They are fixed, because an adaptive predictor would also learn the
// regular jumps of audio that is read in the wrong encoding.
constexpr std::size_t orders = 4;

// Returns the spread of the better of two distributions around the prediction: Laplace (speech, noise), 2e times the
// mean residual wide, and uniform (tones), twice the largest residual wide.
double spread_of(samples in) {
    std::array<std::int64_t, orders> sum{};
    std::array<int, orders> most{};
    std::array<int, orders> last{}; // the residual of each order at the last sample
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

// Returns log2 of the size of the step of a code, in 16-bit units. mu-law's lowest segment has steps of 8, which double
// with each segment. A-law's two lowest segments both have steps of 16.
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

// Slin that was decoded from G.711 has only 256 values, as the audio of most calls has. If all these samples are such
// values, that is a much shorter code.
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
