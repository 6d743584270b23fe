// SPDX-License-Identifier: Apache-2.0
// A sound file with any bytes in it, under any of the suffixes. It is refused in one line, or read as mono and as
// frames. Both have the announced form and a length that fits the file, and the result does not depend on the size of
// the reads.
//
// Input: a byte for the suffix, a byte for the rate, then the file.

#include "fuzz/input.hpp"
#include "fuzz/scratch_folder.hpp"

#include <audiosocket/audio/clip.hpp>
#include <audiosocket/audio/resampler.hpp>
#include <audiosocket/audio/sound_reader.hpp>

#include <array>
#include <cmath>

using namespace audiosocket;

namespace {

// Compressed formats can say a lot of sound with few bytes.
constexpr std::size_t samples_max = 1 << 20;

void require_line(const std::string& text) {
    REQUIRE(!text.empty() && text.find('\n') == std::string::npos && text.find('\x1b') == std::string::npos);
}

std::vector<std::int16_t> mono(sound_reader& reader, std::size_t piece) {
    std::vector<std::int16_t> all;
    std::vector<std::int16_t> block(piece);
    for (std::size_t got = piece; got == piece && all.size() < samples_max;) {
        got = reader.read(block);
        REQUIRE(got <= piece);
        all.insert(all.end(), block.begin(), block.begin() + static_cast<std::ptrdiff_t>(got));
    }
    if (all.size() < samples_max) REQUIRE(reader.read(block) == 0);
    return all;
}

void check_frames(sound_reader reader) {
    const auto channels = static_cast<std::size_t>(reader.file_channels());
    REQUIRE(channels >= 1 && channels <= sound_reader::channels_max);
    std::vector<std::int16_t> block(1024);
    for (std::size_t all = 0; all < samples_max;) {
        const auto got = reader.read_frames(block);
        REQUIRE(got <= block.size() && got % channels == 0);
        if (got == 0) break;
        all += got;
    }
}

} // namespace

// libsndfile 1.2.0 leaks the state of the Vorbis decoder if the head of an Ogg file is damaged.
extern "C" const char* __lsan_default_suppressions();
extern "C" const char* __lsan_default_suppressions() {
    return "leak:libvorbis.so\nleak:libsndfile.so\n";
}

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    static const fuzz::scratch_folder folder;
    static constexpr std::array suffixes{".wav", ".sln16", ".raw", ".ulaw", ".alaw", ".gsm",   ".vox", ".aiff",
                                         ".au",  ".flac",  ".ogg", ".pcm",  ".txt",  ".sln44", ".mp3", ""};
    static constexpr std::array rates{sound_reader::native_rate_hz, 8000, 16'000, 44'100, resampler::rate_hz_min};
    fuzz::input in(data, size);
    const std::string suffix = in.one_of(suffixes);
    const int rate_hz = in.one_of(rates);
    const auto file = folder.write("sound" + suffix, in.rest());
    try {
        sound_reader reader(file, rate_hz);
        REQUIRE(resampler::takes(reader.rate_hz()) && (rate_hz == 0 || reader.rate_hz() == rate_hz));
        REQUIRE(!reader.format_name().empty());
        for (const auto& note : reader.notes())
            require_line(note);
        const auto expected = mono(reader, 4096);
        const auto duration = reader.duration();
        // The length of compressed sound is an estimate where the file is damaged.
        const bool is_plain = reader.format_name().find("PCM") != std::string::npos;
        if (duration && is_plain && reader.failure().empty() && expected.size() < samples_max) {
            const auto announced = std::chrono::duration<double>(*duration).count() * reader.rate_hz();
            REQUIRE(std::abs(announced - static_cast<double>(expected.size())) <= 2);
        }
        sound_reader again(file, rate_hz);
        REQUIRE(mono(again, 37) == std::vector(expected.begin(), expected.end()));
        REQUIRE(again.failure() == reader.failure());
        check_frames(sound_reader(file));
    } catch (const sound_error& e) {
        require_line(e.what());
    }
    return 0;
}
