// SPDX-License-Identifier: Apache-2.0
// Messages of any length at any time. The detector decides once, within its time, for a kind whose frames could be as
// long as these messages.
//
// Input: for each message a byte of time, and two of length.

#include "fuzz/input.hpp"
#include "fuzz/require.hpp"

#include "call/rate_detector.hpp"

using namespace audiosocket;
using namespace std::chrono_literals;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    fuzz::input in(data, size);
    rate_detector detector;
    time_point now{1000h};
    const time_point end = now + 10s;
    time_point first{};
    std::optional<kind> decision;
    const auto step = [&](std::size_t bytes) {
        if (first == time_point{}) first = now;
        detector.observe(bytes, now);
        if (!detector.decided()) REQUIRE(detector.deadline() == first + rate_detector::time_max);
        if (!detector.decided() && now >= detector.deadline()) {
            detector.decide();
            REQUIRE(detector.decided());
        }
        REQUIRE(is_audio(detector.kind()));
        if (decision) REQUIRE(detector.decided() && detector.kind() == *decision);
        if (detector.decided()) decision = detector.kind();
    };
    const std::size_t usual = in.word() % 8192;
    while (!in.empty() && now < end) {
        const unsigned pause = in.byte();
        now += pause < 128 ? std::chrono::microseconds(pause * 500) : std::chrono::microseconds((pause - 128) * 5'000);
        step(pause % 16 == 7 ? in.word() : usual);
    }
    return 0;
}
