// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <audiosocket/protocol.hpp>

#include <chrono>
#include <cstddef>
#include <ostream>
#include <span>
#include <string>
#include <vector>

namespace audiosocket::test {

/// What hostile callers do, all at the same time.
struct attack {
    std::string name; ///< Also the name of the test.
    std::string text; ///< For people: the first column of the table.
    std::size_t callers = 0;
    std::vector<std::byte> once{};        ///< Sent by each caller behind its id.
    std::vector<std::byte> repeated{};    ///< Sent by each caller in each interval.
    std::chrono::milliseconds interval{}; ///< 0: as fast as the socket takes it.
    bool together = false;       ///< All callers send at the same moment; otherwise they spread over the interval.
    bool asks_health = false;    ///< /healthz is asked every 100 ms meanwhile.
    bool without_id = false;     ///< They send no id.
    bool resets = false;         ///< In each interval they end with a reset and connect again, instead of sending.
    std::vector<attack> parts{}; ///< Attacks at the same time, instead of this one; `callers` is their sum.
};

/// For messages of tests.
inline void PrintTo(const attack& a, std::ostream* out) {
    *out << a.name;
}

/// Returns a message of one sample.
inline std::vector<std::byte> single_sample(kind k) {
    const std::vector<std::byte> sample(2, std::byte{1});
    error_code none;
    return audio_message(k, sample, none).to_bytes();
}

/// Returns messages of one sample, of 8 kHz and of 192 kHz in turn, as many as fit into `size_bytes`.
inline std::vector<std::byte> flipping_rates(std::size_t size_bytes) {
    const auto low = single_sample(kind::slin);
    const auto high = single_sample(kind::slin192);
    std::vector<std::byte> all;
    while (all.size() + low.size() + high.size() <= size_bytes) {
        all.insert(all.end(), low.begin(), low.end());
        all.insert(all.end(), high.begin(), high.end());
    }
    return all;
}

/// Returns ten thousand connections of different kinds. Most of them cost a server only a descriptor and a deadline.
inline attack ten_thousand() {
    using std::chrono::milliseconds;
    const std::vector<std::byte> nonsense(200, std::byte{0x47});
    std::vector<attack> parts{
        {.name = "silent", .text = "silent", .callers = 6000, .without_id = true},
        {.name = "slow",
         .text = "a byte of an id each 2 s",
         .callers = 2500,
         .repeated = {std::byte{1}},
         .interval = milliseconds(2000),
         .without_id = true},
        {.name = "garbage", .text = "garbage", .callers = 1000, .once = nonsense, .without_id = true},
        {.name = "resets",
         .text = "connect and reset",
         .callers = 300,
         .interval = milliseconds(500),
         .without_id = true,
         .resets = true},
        {.name = "flips",
         .text = "rates flip, 16 KB/s",
         .callers = 100,
         .repeated = flipping_rates(320),
         .interval = milliseconds(20)},
        {.name = "calls", .text = "calls that send nothing", .callers = 100},
    };
    std::size_t callers = 0;
    for (const auto& one : parts)
        callers += one.callers;
    return {.name = "ten_thousand",
            .text = "10,000 of six kinds",
            .callers = callers,
            .asks_health = true,
            .parts = std::move(parts)};
}

/// Returns the attacks. The first is the control without an attack, which shows what this machine can do.
inline std::vector<attack> attacks() {
    using std::chrono::milliseconds;
    constexpr std::size_t burst_bytes = 65'536;
    constexpr milliseconds frame{20};
    const auto frame_of = [](std::size_t bytes_a_second) { return flipping_rates(bytes_a_second / 50); };
    return {
        {.name = "none", .text = "control: no attack"},
        {.name = "flip_50_at_32_KB_s",
         .text = "50 x 32 KB/s, rates flip",
         .callers = 50,
         .repeated = frame_of(32'000),
         .interval = frame},
        {.name = "flip_100_at_32_KB_s",
         .text = "100 x 32 KB/s, rates flip",
         .callers = 100,
         .repeated = frame_of(32'000),
         .interval = frame},
        {.name = "flip_200_at_16_KB_s",
         .text = "200 x 16 KB/s, rates flip",
         .callers = 200,
         .repeated = frame_of(16'000),
         .interval = frame},
        {.name = "burst_64_each_half_second",
         .text = "64 x 64 KiB each 0.5 s",
         .callers = 64,
         .repeated = flipping_rates(burst_bytes),
         .interval = milliseconds(500),
         .together = true},
        {.name = "burst_700_each_4_seconds",
         .text = "700 x 64 KiB each 4 s",
         .callers = 700,
         .repeated = flipping_rates(burst_bytes),
         .interval = milliseconds(4000),
         .together = true,
         .asks_health = true},
        {.name = "learned_192_kHz_200",
         .text = "200 that ask for 192 kHz",
         .callers = 200,
         .once = single_sample(kind::slin192),
         .interval = frame},
        {.name = "flood", .text = "1 that floods", .callers = 1, .repeated = flipping_rates(burst_bytes)},
        ten_thousand(),
    };
}

} // namespace audiosocket::test
