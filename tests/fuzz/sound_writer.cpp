// SPDX-License-Identifier: Apache-2.0
// A sound file that is written, synced and closed in any order is valid: sound_reader reads the same number of frames,
// and the same samples where the format keeps them. So is a WAV file after each sync(). Samples without a header that
// begin like a file of another kind are left out: they are read as that kind.
//
// Input: bytes for the suffix, the rate and the channels; then for each step a byte, and for a write a length and
// samples.

#include "fuzz/input.hpp"
#include "fuzz/scratch_folder.hpp"

#include "audio/file_signature.hpp"

#include <audiosocket/audio/resampler.hpp>
#include <audiosocket/audio/sound_reader.hpp>
#include <audiosocket/audio/sound_writer.hpp>

#include <array>
#include <fstream>
#include <span>

using namespace audiosocket;

namespace {

struct format {
    const char* suffix;
    bool exact;            // keeps 16 bits
    bool headless;         // has no header, so that it is always complete
    std::size_t block = 1; // samples that are written together
};

constexpr std::array formats{format{".wav", true, false},       format{".flac", true, false},
                             format{".ogg", false, false},      format{".sln", true, true},
                             format{".sln16", true, true},      format{".raw", true, true},
                             format{".ulaw", false, true},      format{".alaw", false, true},
                             format{".gsm", false, false, 160}, format{".txt", false, false}};

constexpr std::size_t samples_max = 1 << 16; // of a file

std::vector<std::int16_t> frames_of(const std::filesystem::path& file) {
    sound_reader reader(file);
    std::vector<std::int16_t> all(2 * samples_max);
    // read_frames() fills whole frames.
    all.resize(all.size() - all.size() % static_cast<std::size_t>(reader.file_channels()));
    all.resize(reader.read_frames(all));
    REQUIRE(reader.failure().empty());
    return all;
}

bool begins_like_another_kind(const std::filesystem::path& file) {
    std::vector<char> head(signature_bytes);
    std::ifstream in(file, std::ios::binary);
    in.read(head.data(), static_cast<std::streamsize>(head.size()));
    head.resize(static_cast<std::size_t>(in.gcount()));
    return recognise(std::as_bytes(std::span(head))).has_value();
}

// Encoders with blocks may hold samples back, so their unfinished files are not compared.
void compare(const std::filesystem::path& file, const format& as, const std::vector<std::int16_t>& written) {
    if (written.empty()) return; // a file without a sample is refused
    if (as.headless && begins_like_another_kind(file)) return;
    const auto read = frames_of(file);
    REQUIRE(read.size() >= written.size() && read.size() < written.size() + as.block);
    if (as.exact) REQUIRE(read == written);
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    static const fuzz::scratch_folder folder;
    static constexpr std::array rates{8000, 16'000, 48'000, 44'100, 192'000, 4'000, 11'025, 3'999, 768'000};
    fuzz::input in(data, size);
    const format as = in.one_of(formats);
    const int rate_hz = in.one_of(rates);
    const int channels = static_cast<int>(in.byte() % 8 < 6 ? in.byte() % 3 : in.byte() % 70);
    const auto file = folder.path() / ("sound" + std::string(as.suffix));
    std::vector<std::int16_t> written;
    try {
        sound_writer writer(file, rate_hz, channels, {.exclusive = in.byte() % 8 == 7});
        REQUIRE(channels >= 1 && channels <= sound_writer::channels_max && resampler::takes(rate_hz));
        for (int steps = 0; steps < 50 && !in.empty(); ++steps) {
            const unsigned what = in.byte();
            if (what % 8 == 0) {
                REQUIRE(writer.sync());
                if (as.headless || std::string_view(as.suffix) == ".wav") compare(file, as, written);
                continue;
            }
            auto samples = in.samples(what % 8 == 1 ? in.word() : in.byte());
            if (what % 8 == 2) samples.resize(samples.size() + 1024U * (what >> 3)); // silence is short to say
            if (written.size() + samples.size() > samples_max) break;
            REQUIRE(writer.write(samples));
            samples.resize(samples.size() - samples.size() % static_cast<std::size_t>(channels));
            written.insert(written.end(), samples.begin(), samples.end());
            const auto frames = static_cast<double>(written.size()) / channels;
            REQUIRE(std::abs(std::chrono::duration<double>(writer.duration()).count() * rate_hz - frames) < 1);
        }
        if (written.empty()) REQUIRE(writer.close());
        if (!written.empty()) {
            REQUIRE(writer.close() && writer.failure().empty());
            REQUIRE(!writer.write(written)); // closed
            compare(file, as, written);
        }
    } catch (const sound_error& e) {
        REQUIRE(*e.what() != '\0' && written.empty());
    }
    std::filesystem::remove(file);
    return 0;
}
