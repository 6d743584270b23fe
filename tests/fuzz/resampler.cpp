// SPDX-License-Identifier: Apache-2.0
// A stream that is cut into blocks of any lengths gives the same samples as the whole stream, and exactly as many as
// the rates say.
//
// Input: bytes for the rates and the quality, a byte that says how to cut, then the samples.

#include "fuzz/input.hpp"
#include "fuzz/require.hpp"

#include <audiosocket/audio/resampler.hpp>

#include <array>

using namespace audiosocket;

namespace {

using samples = std::vector<std::int16_t>;

void take(resampler& r, std::span<const std::int16_t> in, std::size_t room, samples& out) {
    while (!in.empty()) {
        samples some(room == 0 ? r.output_samples_max(in.size()) : room);
        const auto done = r.process(in, some);
        REQUIRE(done.consumed <= in.size() && done.produced <= some.size());
        if (room == 0) REQUIRE(done.consumed == in.size());
        REQUIRE(done.consumed > 0 || done.produced > 0);
        out.insert(out.end(), some.begin(), some.begin() + static_cast<std::ptrdiff_t>(done.produced));
        in = in.subspan(done.consumed);
    }
}

samples flushed(resampler& r, samples out, std::size_t room) {
    samples some(room);
    for (;;) {
        const auto got = r.flush(some);
        REQUIRE(got <= some.size());
        if (got == 0) return out;
        out.insert(out.end(), some.begin(), some.begin() + static_cast<std::ptrdiff_t>(got));
    }
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    static constexpr std::array rates{8000,   16'000, 24'000, 48'000, 44'100, 11'025,
                                      12'000, 32'000, 4'000,  7'999,  96'000};
    fuzz::input in(data, size);
    const int from = in.one_of(rates);
    const int to = in.one_of(rates);
    const int quality = static_cast<int>(in.byte() % 11);
    const unsigned cutting = in.byte();
    auto stream = in.samples(4096);
    if (cutting & 128) stream.resize(stream.size() + (cutting & 127) * 16U, 32'767);
    resampler whole(from, to, quality);
    samples expected;
    take(whole, stream, 0, expected);
    expected = flushed(whole, std::move(expected), 1000);
    const auto count =
        (static_cast<std::uint64_t>(stream.size()) * static_cast<unsigned>(to) + static_cast<unsigned>(from) - 1) /
        static_cast<unsigned>(from);
    REQUIRE(expected.size() == count);
    if (from == to) REQUIRE(expected == stream);

    // In pieces, with little room; and again with the same object, which is ready for another stream.
    resampler cut(from, to, quality);
    for (int round = 0; round < 2; ++round) {
        samples out;
        unsigned state = cutting;
        for (std::span<const std::int16_t> rest = stream; !rest.empty();) {
            state = state * 1664525U + 1013904223U;
            const auto piece = rest.first(std::min<std::size_t>(rest.size(), 1 + (state >> 16) % (1 + cutting * 2)));
            take(cut, piece, (state & 4096) != 0 ? 1 + (state >> 24) : 0, out);
            rest = rest.subspan(piece.size());
        }
        REQUIRE(flushed(cut, std::move(out), 1 + cutting) == expected);
    }
    // reset() forgets what came before.
    samples unused;
    take(cut, stream, 0, unused);
    cut.reset();
    samples out;
    take(cut, stream, 0, out);
    REQUIRE(flushed(cut, std::move(out), 77) == expected);
    return 0;
}
