// SPDX-License-Identifier: Apache-2.0
// A recording of blocks at any times, rates and in any order is a valid stereo file of the announced length, with the
// received audio on the left. No sound is lost without being counted.
//
// Input: bytes for the format and the rate; then for each block its side, rate, time and length.

#include "fuzz/input.hpp"
#include "fuzz/scratch_folder.hpp"

#include <audiosocket/audio/resampler.hpp>
#include <audiosocket/audio/sound_reader.hpp>
#include <audiosocket/audio/stereo_recorder.hpp>

#include <array>

using namespace audiosocket;
using namespace std::chrono_literals;

namespace {

constexpr std::array rates{8000, 16'000, 24'000, 48'000, 11'025, 4'000};
constexpr std::int16_t ours = 12'345; // marks the received side

struct totals {
    std::array<std::chrono::nanoseconds, 2> offered{};
    std::chrono::nanoseconds latest{}; // end of the last block, by its time
};

std::chrono::nanoseconds length(std::size_t samples, int rate_hz) {
    return std::chrono::nanoseconds(samples * 1'000'000'000ULL / static_cast<unsigned>(rate_hz));
}

void add_block(stereo_recorder& recorder, fuzz::input& in, std::chrono::nanoseconds& now, totals& sum) {
    const unsigned what = in.byte();
    const int rate_hz = rates[(what >> 1 & 7) % rates.size()];
    switch (what >> 4) {
    case 0: now += std::chrono::milliseconds(in.word() % 20'000); break;
    case 1: now -= std::chrono::milliseconds(in.byte()); break;
    case 2: break;
    default: now += std::chrono::milliseconds(in.byte() % 64);
    }
    if (now > 60s) now = 60s; // a longer file only takes longer
    const std::size_t count = what & 128 ? in.byte() : in.byte() * 16U;
    const bool received = (what & 1) == 0;
    const std::vector<std::int16_t> samples(count, received ? ours : static_cast<std::int16_t>(-ours));
    if (received)
        recorder.received(samples, rate_hz, now);
    else
        recorder.sent(samples, rate_hz, now);
    sum.offered[received ? 0 : 1] += length(count, rate_hz);
    sum.latest = std::max(sum.latest, std::max<std::chrono::nanoseconds>(now, 0ns) + length(count, rate_hz));
}

void check_file(const std::filesystem::path& file, int rate_hz, std::chrono::nanoseconds duration, bool exact) {
    sound_reader reader(file);
    REQUIRE(reader.file_rate_hz() == rate_hz && reader.file_channels() == 2);
    std::vector<std::int16_t> block(1 << 14);
    std::size_t frames = 0;
    for (std::size_t got = 1; got > 0;) {
        got = reader.read_frames(block);
        REQUIRE(got % 2 == 0);
        frames += got / 2;
        // At the rate of the file each sample is that of its side, or silence.
        for (std::size_t i = 0; exact && i < got; i += 2)
            REQUIRE((block[i] == 0 || block[i] == ours) && (block[i + 1] == 0 || block[i + 1] == -ours));
    }
    REQUIRE(reader.failure().empty());
    const auto difference = duration - length(frames, rate_hz);
    REQUIRE(difference < 1us && difference > -1us);
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    static const fuzz::scratch_folder folder;
    static constexpr std::array suffixes{".wav", ".wav", ".wav", ".flac"};
    fuzz::input in(data, size);
    const auto file = folder.path() / ("call" + std::string(in.one_of(suffixes)));
    const int rate_hz = in.one_of(rates);
    stereo_recorder recorder(file, rate_hz);
    totals sum;
    std::chrono::nanoseconds now{};
    bool one_rate = true;
    for (int blocks = 0; blocks < 200 && !in.empty(); ++blocks) {
        const auto copy = in; // its first byte says the rate
        one_rate = one_rate && rates[(fuzz::input(copy).byte() >> 1 & 7) % rates.size()] == rate_hz;
        add_block(recorder, in, now, sum);
        REQUIRE(recorder.ok());
    }
    REQUIRE(recorder.finish() && recorder.ok() && recorder.failure().empty());
    // The file has all sound that was not dropped, and ends at most ahead_max behind the last block.
    const auto duration = recorder.duration();
    const auto dropped = recorder.dropped();
    REQUIRE(dropped >= 0ns && dropped <= sum.offered[0] + sum.offered[1]);
    REQUIRE(duration <= sum.latest + stereo_recorder::ahead_max + 50ms);
    if (duration > 0ns) check_file(file, rate_hz, duration, one_rate);
    return 0;
}
