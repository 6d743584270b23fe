// SPDX-License-Identifier: Apache-2.0
// The payloads of a stream whose encoding is in doubt. The guess is one of three, is the same at any address in memory,
// and never changes once it is firm.
//
// Input: for each payload a length, and its bytes.

#include "fuzz/input.hpp"
#include "fuzz/require.hpp"

#include <audiosocket/audio/encoding_detector.hpp>

#include <optional>

using namespace audiosocket;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    fuzz::input in(data, size);
    encoding_detector one;
    encoding_detector moved;
    std::optional<encoding> final_guess;
    std::vector<std::vector<std::byte>> payloads;
    while (!in.empty()) {
        const auto payload = in.some(in.byte() * 2U);
        std::vector<std::byte> at_odd(1);
        at_odd.insert(at_odd.end(), payload.begin(), payload.end());
        const auto guess = one.observe(payload);
        REQUIRE(guess == encoding::slin || guess == encoding::ulaw || guess == encoding::alaw);
        REQUIRE(guess == one.guess());
        REQUIRE(moved.observe(std::span(at_odd).subspan(1)) == guess && moved.firm() == one.firm());
        if (final_guess) REQUIRE(one.firm() && guess == *final_guess);
        if (one.firm()) final_guess = guess;
        payloads.push_back(payload);
    }
    const auto last = one;
    one.reset();
    REQUIRE(!one.firm() && one.guess() == encoding::slin);
    for (const auto& payload : payloads)
        one.observe(payload);
    REQUIRE(one.guess() == last.guess() && one.firm() == last.firm());
    return 0;
}
