// SPDX-License-Identifier: Apache-2.0
// file -> frames (one block) -> mono (one block) -> resampler -> the caller's span. Each step moves only what the next
// has room for, so memory does not grow with the file. Samples are read as 16-bit integers if that is exact, otherwise
// as floats. libsndfile's own conversion of floats to integers cannot be used: it either does not scale, or scales the
// file's peak to full scale.

#include <audiosocket/audio/sound_reader.hpp>

#include "audio/sound_source.hpp"

#include <audiosocket/audio/duration.hpp>
#include <audiosocket/audio/resampler.hpp>

#include <algorithm>
#include <cmath>
#include <variant>
#include <vector>

namespace audiosocket {
namespace {

using std::chrono::nanoseconds;

// Frames that are moved at a time: enough that calls of libsndfile cost little; at most 0.5 MB.
constexpr std::size_t block_frames = 2048;

// Returns whether 16-bit integers hold all that is in the file.
bool fits_16_bits(int format) {
    switch (format & SF_FORMAT_SUBMASK) {
    case SF_FORMAT_PCM_S8:
    case SF_FORMAT_PCM_U8:
    case SF_FORMAT_PCM_16:
    case SF_FORMAT_ULAW:
    case SF_FORMAT_ALAW:
    case SF_FORMAT_IMA_ADPCM:
    case SF_FORMAT_MS_ADPCM:
    case SF_FORMAT_GSM610:
    case SF_FORMAT_VOX_ADPCM:
    case SF_FORMAT_DPCM_8:
    case SF_FORMAT_DPCM_16: return true;
    default: return false;
    }
}

std::int16_t to_sample(double full_scale_one) {
    if (std::isnan(full_scale_one)) {
        return 0;
    }
    const double scaled = std::clamp(full_scale_one * 32768.0, -32768.0, 32767.0);
    return static_cast<std::int16_t>(std::lrint(scaled));
}

std::int16_t to_sample(std::int16_t sample) {
    return sample;
}

std::int16_t average(std::span<const std::int16_t> frame) {
    if (frame.size() == 1) {
        return frame.front();
    }
    int sum = 0; // 64 channels of 16 bits fit
    for (const std::int16_t sample : frame) {
        sum += sample;
    }
    return static_cast<std::int16_t>(std::lrint(static_cast<double>(sum) / static_cast<double>(frame.size())));
}

std::int16_t average(std::span<const float> frame) {
    double sum = 0;
    for (const float sample : frame) {
        sum += static_cast<double>(sample);
    }
    return to_sample(sum / static_cast<double>(frame.size()));
}

template <class Sample>
void mix_down(std::span<const Sample> frames, std::size_t channels, std::vector<std::int16_t>& mono) {
    mono.resize(frames.size() / channels);
    for (std::size_t i = 0; i < mono.size(); ++i) {
        mono[i] = average(frames.subspan(i * channels, channels));
    }
}

std::string name_of(int command, int format) {
    SF_FORMAT_INFO info{};
    info.format = format;
    const int error = sf_command(nullptr, command, &info, sizeof info);
    return error == 0 && info.name != nullptr ? info.name : "unknown";
}

} // namespace

struct sound_reader::state {
    std::filesystem::path path;
    sound_source source;
    resampler to_rate;
    std::variant<std::vector<std::int16_t>, std::vector<float>> frames; // one block, interleaved
    std::vector<std::int16_t> mono;                                     // one block
    std::size_t mono_taken = 0;                                         // how much of it the resampler has taken
    bool at_end = false; // of the file; the resampler may still hold some
    std::string failure;

    state(const std::filesystem::path& file_path, int rate_hz)
        : path(file_path), source(file_path),
          to_rate(info().samplerate, rate_hz == native_rate_hz ? info().samplerate : rate_hz) {
        const std::size_t size = block_frames * channels();
        if (fits_16_bits(info().format)) {
            frames = std::vector<std::int16_t>(size);
        } else {
            frames = std::vector<float>(size);
        }
        mono.reserve(block_frames);
    }

    const SF_INFO& info() const { return source.info(); }
    SNDFILE* file() const { return source.file(); }
    std::size_t channels() const { return static_cast<std::size_t>(info().channels); }

    // Both return the number of samples, of all channels together.
    std::size_t read_frames(std::vector<std::int16_t>& block, std::size_t count) const {
        return samples(sf_readf_short(file(), block.data(), static_cast<sf_count_t>(count)));
    }
    std::size_t read_frames(std::vector<float>& block, std::size_t count) const {
        return samples(sf_readf_float(file(), block.data(), static_cast<sf_count_t>(count)));
    }
    std::size_t samples(sf_count_t frames_read) const {
        return static_cast<std::size_t>(std::max<sf_count_t>(frames_read, 0)) * channels();
    }

    void read_block() {
        mono_taken = 0;
        std::visit(
            [this](auto& block) {
                using sample = typename std::decay_t<decltype(block)>::value_type;
                const std::size_t got = read_frames(block, block_frames);
                mix_down(std::span<const sample>(block).first(got), channels(), mono);
            },
            frames);
        if (mono.empty()) {
            end();
        }
    }

    std::size_t read_interleaved(std::span<std::int16_t> out) {
        std::size_t done = 0;
        while (!at_end && out.size() - done >= channels()) {
            const std::size_t room = (out.size() - done) / channels();
            const auto copy_block = [&](auto& block) {
                const std::size_t got = read_frames(block, std::min(room, block_frames));
                std::transform(block.begin(), block.begin() + static_cast<std::ptrdiff_t>(got),
                               out.begin() + static_cast<std::ptrdiff_t>(done),
                               [](auto sample) { return to_sample(sample); });
                return got;
            };
            const std::size_t got = std::visit(copy_block, frames);
            if (got == 0) {
                end();
            }
            done += got;
        }
        return done;
    }

    void end() {
        at_end = true;
        if (sf_error(file()) != SF_ERR_NO_ERROR) {
            failure = path.string() + ": cannot be read to its end: " + sf_strerror(file());
        }
    }
};

sound_reader::sound_reader(const std::filesystem::path& path, int rate_hz)
    : state_(std::make_unique<state>(path, rate_hz)) {}

sound_reader::sound_reader(sound_reader&&) noexcept = default;
sound_reader& sound_reader::operator=(sound_reader&&) noexcept = default;
sound_reader::~sound_reader() = default;

std::size_t sound_reader::read(std::span<std::int16_t> out) {
    state& s = *state_;
    std::size_t done = 0;
    while (done < out.size()) {
        const auto room = out.subspan(done);
        if (s.mono_taken < s.mono.size()) {
            const auto step = s.to_rate.process(std::span(s.mono).subspan(s.mono_taken), room);
            s.mono_taken += step.consumed;
            done += step.produced;
        } else if (!s.at_end) {
            s.read_block();
        } else {
            const std::size_t tail = s.to_rate.flush(room);
            if (tail == 0) {
                break;
            }
            done += tail;
        }
    }
    return done;
}

std::size_t sound_reader::read_frames(std::span<std::int16_t> out) {
    return state_->read_interleaved(out);
}

std::string sound_reader::failure() const {
    return state_->failure;
}
std::vector<std::string> sound_reader::notes() const {
    return state_->source.notes();
}
const std::filesystem::path& sound_reader::path() const {
    return state_->path;
}
int sound_reader::rate_hz() const {
    return state_->to_rate.out_rate_hz();
}
int sound_reader::file_rate_hz() const {
    return state_->info().samplerate;
}
int sound_reader::file_channels() const {
    return state_->info().channels;
}

std::optional<nanoseconds> sound_reader::duration() const {
    const auto& info = state_->info();
    if (info.frames == SF_COUNT_MAX) {
        return std::nullopt;
    } // such as a pipe, or an unfinished FLAC file
    return duration_of(static_cast<std::uint64_t>(info.frames), info.samplerate);
}

std::string sound_reader::format_name() const {
    const int format = state_->info().format;
    return name_of(SFC_GET_FORMAT_INFO, format & SF_FORMAT_TYPEMASK) + ", " +
           name_of(SFC_GET_FORMAT_INFO, format & SF_FORMAT_SUBMASK);
}

} // namespace audiosocket
