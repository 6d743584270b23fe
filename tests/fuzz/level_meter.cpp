// SPDX-License-Identifier: Apache-2.0
// The level of any samples: within its bounds, and the same however the samples are cut. G.711 of the same samples is
// read back to what it was written from.
//
// Input: a byte that says how to cut, then samples.

#include "fuzz/input.hpp"
#include "fuzz/require.hpp"

#include <audiosocket/audio/g711.hpp>
#include <audiosocket/audio/level_meter.hpp>

#include <cmath>

using namespace audiosocket;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    fuzz::input in(data, size);
    const std::size_t piece = 1 + in.byte();
    const auto samples = in.samples(size);
    level_meter whole;
    whole.add(samples);
    const auto measured = whole.take();
    REQUIRE(measured.rms_dbfs >= level::floor_dbfs && measured.peak_dbfs <= 0);
    REQUIRE(measured.rms_dbfs <= measured.peak_dbfs + 1e-9);
    level_meter cut;
    for (std::span<const std::int16_t> rest = samples; !rest.empty(); rest = rest.subspan(std::min(piece, rest.size())))
        cut.add(rest.first(std::min(piece, rest.size())));
    const auto in_pieces = cut.take();
    REQUIRE(in_pieces.peak_dbfs == measured.peak_dbfs && in_pieces.rms_dbfs == measured.rms_dbfs);
    REQUIRE(cut.take().peak_dbfs == level::floor_dbfs);
    for (const auto sample : samples) {
        const auto ulaw = ulaw_to_linear(linear_to_ulaw(sample));
        const auto alaw = alaw_to_linear(linear_to_alaw(sample));
        REQUIRE(ulaw_to_linear(linear_to_ulaw(ulaw)) == ulaw && alaw_to_linear(linear_to_alaw(alaw)) == alaw);
        // A step is at most a sixteenth of the value.
        const int step = 16 + std::abs(int{sample}) / 16;
        REQUIRE(std::abs(std::clamp<int>(sample, -32'124, 32'124) - ulaw) <= step);
        REQUIRE(std::abs(std::clamp<int>(sample, -32'256, 32'256) - alaw) <= step);
    }
    return 0;
}
