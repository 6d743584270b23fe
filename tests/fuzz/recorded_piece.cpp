// SPDX-License-Identifier: Apache-2.0
// What a call's recording collects between two writes to the disk: blocks of both sides, at any rate and time, with
// little memory. No sample is lost without being counted, memory stays within its limit, and all of it is returned.
//
// Input: a byte for the limit of the memory; then for each block its side, rate, time and length.

#include "fuzz/input.hpp"
#include "fuzz/scratch_folder.hpp"

#include "net/recorded_piece.hpp"

#include <array>
#include <deque>

using namespace audiosocket;
using namespace audiosocket::detail;
using namespace std::chrono_literals;

namespace {

std::chrono::nanoseconds length(std::size_t samples, int rate_hz) {
    return std::chrono::nanoseconds(samples * 1'000'000'000ULL / static_cast<unsigned>(rate_hz));
}

void check(const recorded_piece& piece) {
    std::size_t sum = 0;
    for (const auto& block : piece.blocks) {
        REQUIRE(block.samples > 0 && block.rate_hz > 0);
        sum += block.samples;
    }
    REQUIRE(sum == piece.samples.size() && piece.dropped >= 0ns);
    if (!piece.blocks.empty()) REQUIRE(piece.rate_hz() > 0);
}

std::chrono::nanoseconds sound_in(const recorded_piece& piece) {
    std::chrono::nanoseconds sum{};
    for (const auto& block : piece.blocks)
        sum += length(block.samples, block.rate_hz);
    return sum;
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    static const fuzz::scratch_folder folder;
    static constexpr std::array rates{8000, 16'000, 24'000, 48'000, 192'000, 11'025};
    fuzz::input in(data, size);
    const auto memory = std::make_shared<recording_memory>(in.byte() * 1024U, 1U + in.byte() % 4);
    {
        piece_collector collector(memory);
        std::deque<recorded_piece> written_later;
        std::chrono::nanoseconds now{};
        std::chrono::nanoseconds offered{};
        std::chrono::nanoseconds kept{};
        for (int blocks = 0; blocks < 300 && !in.empty(); ++blocks) {
            const unsigned what = in.byte();
            now += what < 32 ? std::chrono::milliseconds(in.byte() * 4) : std::chrono::milliseconds(what % 21);
            const int rate_hz = rates[what / 2 % rates.size()];
            const std::vector<std::int16_t> samples(1 + (what & 64 ? in.byte() % 4U : in.word() % 4096U), 1);
            if (collector.is_due(now)) written_later.push_back(collector.take(now));
            collector.add(what & 1 ? call_side::sent : call_side::received, samples, rate_hz, now);
            offered += length(samples.size(), rate_hz);
            REQUIRE(memory->bytes() <= memory->bytes_max());
            if (written_later.size() > what % 4) {
                check(written_later.front());
                kept += sound_in(written_later.front()) + written_later.front().dropped;
                written_later.pop_front();
            }
        }
        written_later.push_back(collector.take(now));
        stereo_recorder file(folder.path() / "call.wav", 8000);
        for (const auto& piece : written_later) {
            check(piece);
            kept += sound_in(piece) + piece.dropped;
            if (now < 60s) piece.write_to(file);
        }
        REQUIRE(file.finish());
        // Each block rounds its length.
        REQUIRE(kept >= offered - 1us && kept <= offered + 1us);
    }
    REQUIRE(memory->bytes() == 0);
    return 0;
}
