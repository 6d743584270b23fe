// SPDX-License-Identifier: Apache-2.0
#include <audiosocket/audio/clip.hpp>

#include <audiosocket/audio/duration.hpp>
#include <audiosocket/audio/sound_reader.hpp>

#include <stdexcept>
#include <string>
#include <utility>

namespace audiosocket {
namespace {

// If the file does not say its length, the buffer grows by a second at a time.
std::vector<std::int16_t> read_all(sound_reader& reader, std::size_t samples_max) {
    std::vector<std::int16_t> samples;
    const auto second = static_cast<std::size_t>(reader.rate_hz());
    if (const auto length = reader.duration()) {
        const double seconds = std::chrono::duration<double>(*length).count();
        samples.reserve(static_cast<std::size_t>(seconds * reader.rate_hz()) + 2 * second);
    }
    std::size_t size = 0;
    std::size_t got = 0;
    do {
        samples.resize(size + second);
        got = reader.read(std::span(samples).subspan(size));
        size += got;
    } while (got != 0 && size <= samples_max);
    samples.resize(size);
    samples.shrink_to_fit();
    return samples;
}

} // namespace

clip::clip(std::vector<std::int16_t> samples, int rate_hz)
    : samples_(std::make_shared<const std::vector<std::int16_t>>(std::move(samples))), rate_hz_(rate_hz) {
    if (rate_hz <= 0) {
        throw std::invalid_argument("clip: rate " + std::to_string(rate_hz) + " Hz is not positive");
    }
}

clip clip::load(const std::filesystem::path& path, int rate_hz) {
    sound_reader reader(path, rate_hz);
    return load(reader);
}

clip clip::load(sound_reader& reader) {
    const sound_error too_long(reader.path().string() + ": is longer than one hour, too long to be held in "
                                                        "memory; stream it, or cut it");
    if (reader.duration() > duration_max) {
        throw too_long;
    }

    constexpr std::chrono::seconds seconds_max = duration_max;
    const auto samples_max = static_cast<std::size_t>(seconds_max.count()) * static_cast<std::size_t>(reader.rate_hz());
    std::vector<std::int16_t> samples = read_all(reader, samples_max);
    if (samples.size() > samples_max) {
        throw too_long;
    }
    if (!reader.failure().empty()) {
        throw sound_error(reader.failure());
    }
    return clip(std::move(samples), reader.rate_hz());
}

std::chrono::nanoseconds clip::duration() const {
    return duration_of(samples_->size(), rate_hz_);
}

} // namespace audiosocket
