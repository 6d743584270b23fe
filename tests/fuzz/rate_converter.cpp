// SPDX-License-Identifier: Apache-2.0
// Audio of changing rates, digits between it, and an application that takes events now and then. The converted audio
// has the rate of the application and the right length, digits stay in order, and the queue stays within its limits.
//
// Input: a byte for the rate of the application; then for each step a byte, and a length of audio.

#include "fuzz/input.hpp"
#include "fuzz/require.hpp"

#include "call/rate_converter.hpp"
#include "call/receive_queue.hpp"

#include <array>

using namespace audiosocket;
using namespace std::chrono_literals;

namespace {

struct application {
    int rate_hz;
    std::string digits;
    std::uint64_t samples = 0;

    bool take(receive_queue& queue) {
        const auto next = queue.pop();
        if (!next) return false;
        if (const auto* audio = std::get_if<audio_event>(&*next)) {
            REQUIRE(audio->rate_hz == rate_hz && !audio->samples.empty());
            samples += audio->samples.size();
        }
        if (const auto* digit = std::get_if<dtmf_event>(&*next)) digits += digit->digit;
        return true;
    }
};

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    static constexpr std::array rates{8000, 12'000, 16'000, 24'000, 32'000, 44'100, 48'000, 96'000, 192'000};
    fuzz::input in(data, size);
    call_statistics counters;
    receive_queue queue(10s, counters);
    application app{in.one_of(rates), {}, 0};
    rate_converter converter(app.rate_hz, queue);
    std::string digits;
    double expected = 0; // samples at the rate of the application
    int streams = 1;
    int last_rate_hz = 0;
    for (int steps = 0; steps < 300 && !in.empty(); ++steps) {
        const unsigned what = in.byte();
        if (what % 8 == 0 && digits.size() < 60) {
            digits += static_cast<char>('0' + what / 8 % 10);
            queue.push_digit(digits.back());
        } else if (what % 8 == 1) {
            converter.finish_stream();
            ++streams;
        } else if (what % 8 == 2) {
            app.take(queue);
        } else {
            const int rate_hz = rates[what / 8 % rates.size()];
            if (rate_hz == app.rate_hz) continue; // does not come here
            const std::vector<std::int16_t> samples(1 + in.byte() * (what % 8 == 3 ? 8U : 1U), 32'767);
            (void)converter.work(samples.size(), rate_hz);
            converter.convert(samples, rate_hz);
            streams += std::exchange(last_rate_hz, rate_hz) == rate_hz ? 0 : 1;
            expected += static_cast<double>(samples.size()) * app.rate_hz / rate_hz;
        }
    }
    converter.finish_stream();
    while (app.take(queue)) {
    }
    REQUIRE(app.digits == digits);
    // Each stream rounds its length up.
    if (counters.frames_dropped == 0) {
        REQUIRE(static_cast<double>(app.samples) >= expected - 1);
        REQUIRE(static_cast<double>(app.samples) <= expected + streams);
    }
    return 0;
}
