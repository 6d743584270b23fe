// SPDX-License-Identifier: Apache-2.0
#include "inspect/audio_track.hpp"

#include "base/failure.hpp"
#include "inspect/wording.hpp"

#include <audiosocket/net/file_descriptor.hpp>

#include <fmt/format.h>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <filesystem>
#include <string_view>
#include <system_error>

namespace audiosocket::app::inspect {

audio_track::audio_track(std::optional<encoding> forced, open_sink open) : known_(forced), open_(std::move(open)) {}

void audio_track::add(const message& m) {
    if (!is_audio(m.kind)) return;
    if (m.kind != kind::slin) {
        flush_waiting(); // keeps the order of the audio
        convert(m.kind, encoding::slin, m.payload);
    } else if (known_) {
        convert(m.kind, *known_, m.payload);
    } else {
        detector_.observe(m.payload);
        waiting_.insert(waiting_.end(), m.payload.begin(), m.payload.end());
        if (detector_.firm()) known_ = detector_.guess();
        if (known_ || waiting_.size() > waiting_bytes_max) flush_waiting();
    }
}

void audio_track::finish() {
    flush_waiting();
}

void audio_track::flush_waiting() {
    if (waiting_.empty()) return;
    convert(kind::slin, known_.value_or(detector_.guess()), waiting_);
    waiting_.clear();
}

void audio_track::convert(kind k, encoding e, std::span<const std::byte> payload) {
    const int rate = audiosocket::rate_hz(k);
    if (!sink_) {
        rate_hz_ = rate;
        sink_ = open_(rate);
    }
    samples_.resize(samples_in(e, payload.size()));
    decode(e, payload, samples_);
    if (rate == rate_hz_) return sink_(samples_);

    if (!resampler_ || resampler_->in_rate_hz() != rate) resampler_.emplace(rate, rate_hz_);
    converted_.resize(resampler_->output_samples_max(samples_.size()));
    const auto step = resampler_->process(samples_, converted_);
    sink_(std::span(converted_).first(step.produced));
}

// The output of one direction: its track and, once there is audio, its file. A stream has one file, in the format of
// its suffix. A capture may have thousands of open calls; all their files are WAV.
struct audio_extraction::output {
    std::string path;
    std::optional<sound_writer> single;
    std::optional<growing_wav> one_of_many;
    int rate_hz = 0;
    std::optional<audio_track> track;

    void open(bool is_single) {
        if (is_single)
            single.emplace(path, rate_hz, 1, file_creation{.exclusive = true, .mode = std::filesystem::perms{0640}});
        else
            one_of_many.emplace(path, rate_hz);
    }
    void write(std::span<const std::int16_t> samples) {
        if (one_of_many) return one_of_many->add(samples);
        if (!single->write(samples)) throw failure(exit_code::file, single->failure());
    }
    void close() {
        if (one_of_many)
            one_of_many->complete();
        else if (!single->close())
            throw failure(exit_code::file, single->failure());
    }
    bool is_open() const { return single || one_of_many; }
    std::chrono::nanoseconds duration() const { return single ? single->duration() : one_of_many->duration(); }
};

struct audio_extraction::extracted_call {
    std::optional<uuid> id;
    std::string stem; // for the names of both files
    std::array<output, 2> sides;
};

audio_extraction::audio_extraction(std::string where, bool is_directory, std::optional<encoding> forced,
                                   std::ostream* out)
    : where_(std::move(where)), is_directory_(is_directory), forced_(forced), out_(out) {}

audio_extraction::~audio_extraction() = default;

void audio_extraction::begin(const call_label& label) {
    auto& call = *(calls_[label.number] = std::make_unique<extracted_call>());
    for (const side s : {side::caller, side::server}) {
        output& to = call.sides[static_cast<std::size_t>(s)];
        to.track.emplace(forced_, [this, &call, &to, s, number = label.number](int rate_hz) -> audio_track::sink {
            to.path = path_for(call, number, s);
            to.rate_hz = rate_hz;
            to.open(!is_directory_);
            return [&to](std::span<const std::int16_t> samples) { to.write(samples); };
        });
    }
}

// Returns a path that does not exist. Both files of a call have the same stem.
std::string audio_extraction::path_for(extracted_call& call, std::size_t number, side s) {
    if (!is_directory_) return where_;
    const auto path = [&](const std::string& stem, side of) {
        return std::filesystem::path(where_) / fmt::format("{}.{}.wav", stem, name(of));
    };
    const auto is_taken = [&](side of) {
        std::error_code ignored;
        return std::filesystem::exists(std::filesystem::symlink_status(path(call.stem, of), ignored));
    };
    if (call.stem.empty()) {
        const std::string stem = call.id ? to_string(*call.id) : fmt::format("call-{}", number);
        std::size_t& uses = stems_[stem];
        do
            call.stem = ++uses == 1 ? stem : fmt::format("{}-{}", stem, uses);
        while (is_taken(side::caller) || is_taken(side::server));
    }
    return path(call.stem, s).string();
}

void audio_extraction::message(const call_label& label, const seen_message& seen) {
    extracted_call& call = *calls_.at(label.number);
    error_code error;
    if (const uuid id = seen.message.id(error); !error && !call.id) call.id = id;
    call.sides[static_cast<std::size_t>(seen.sender)].track->add(seen.message);
}

void audio_extraction::end(const call_label& label, const stream_findings&, const stream_findings&) {
    extracted_call& call = *calls_.at(label.number);
    for (output& to : call.sides) {
        to.track->finish();
        if (!to.is_open()) continue;
        to.close();
        if (out_ != nullptr)
            *out_ << fmt::format("wrote {}: {} at {} Hz\n", to.path, in_seconds(to.duration()), to.rate_hz);
    }
    calls_.erase(label.number);
}

audio_picture::audio_picture(std::string path, std::optional<encoding> forced)
    : path_(std::move(path)), track_(forced, [this](int rate_hz) -> audio_track::sink {
          wave_.emplace(rate_hz, 1);
          return [this](std::span<const std::int16_t> samples) { wave_->add(samples); };
      }) {}

void audio_picture::message(const call_label&, const seen_message& seen) {
    track_.add(seen.message);
}

void audio_picture::end(const call_label&, const stream_findings& caller, const stream_findings&) {
    track_.finish();
    if (!wave_) throw failure(exit_code::findings, "--svg: there is no audio to draw");
    const std::array titles{std::string(caller.bytes != 0 ? "caller" : "played")};
    write_text_file(path_, draw_svg(*wave_, titles));
}

namespace {

// A link may lead to a pipe or a terminal, as /dev/stdout does, but not to a file: another user may have made it.
file_descriptor open_for_text(const std::string& path) {
    constexpr mode_t mode = 0666;
    file_descriptor file(::open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC, mode));
    if (file || errno != ELOOP) return file;
    file = file_descriptor(::open(path.c_str(), O_WRONLY | O_CLOEXEC));
    struct stat about {};
    if (!file || fstat(file.get(), &about) != 0 || S_ISREG(about.st_mode))
        throw failure(exit_code::file, path + ": is a symbolic link; name the file itself");
    return file;
}

} // namespace

void write_text_file(const std::string& path, const std::string& text) {
    const auto file = open_for_text(path);
    std::string_view rest = text;
    while (file && !rest.empty()) {
        const ssize_t written = ::write(file.get(), rest.data(), rest.size());
        if (written >= 0)
            rest.remove_prefix(static_cast<std::size_t>(written));
        else if (errno != EINTR)
            break;
    }
    if (!file || !rest.empty())
        throw failure(exit_code::file, path + ": cannot be written: " + std::generic_category().message(errno));
}

} // namespace audiosocket::app::inspect
