// SPDX-License-Identifier: Apache-2.0
#include "diagnosis/audio_judge.hpp"

#include "diagnosis/sound_head.hpp"

#include <audiosocket/audio/duration.hpp>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdlib>

namespace audiosocket::app::diagnosis {
namespace {

using std::chrono::nanoseconds;

// Common sample rates: the nine of AudioSocket, and two of files and speech synthesis.
constexpr std::array usual_rates_hz{8000, 11025, 12000, 16000, 22050, 24000, 32000, 44100, 48000, 96000, 192000};

// How near a pace has to be to that of a common rate. The closest rates are 8 % apart.
constexpr double pace_slack = 0.04;

// Returns whether the pace is about a half, as when samples of one byte are sent for samples of two bytes.
bool is_half(double pace) {
    return std::abs(pace - 0.5) <= 0.5 * pace_slack;
}

// No speech under any label of slin is slower than this.
constexpr double codec_pace_max = 0.3;

// A codec of 64 kbit/s has a pace of 0.5; the rest allows for jitter.
constexpr double noise_pace_max = 0.55;

constexpr std::size_t g722_frame_bytes = 160;

// Noise is reported after this many messages: by then the pace is known, and perhaps the codec.
constexpr std::uint64_t noise_messages_min = 150;

// Checking the contents of a message costs up to 5 us. Frames of 10 ms are 100 a second, and twice as many during a
// catch-up. A peer that sends more can use at most a thousandth of a core with these checks.
constexpr std::uint32_t looks_a_second = 200;

// Messages whose time and length are checked: ten seconds of frames of 10 ms that a network delivers at once. Only a
// hostile peer sends more, and checking costs more than decoding.
constexpr std::uint32_t judged_a_second = 1000;

// Returns the common rate whose samples arrive at this pace under this label; 0 if there is none.
int rate_of_pace(double pace, int label_hz) {
    for (const int rate : usual_rates_hz) {
        const double expected = static_cast<double>(rate) / label_hz;
        if (rate != label_hz && std::abs(pace - expected) <= pace_slack * expected) return rate;
    }
    return 0;
}

} // namespace

bool audio_judge::add(kind k, std::span<const std::byte> payload, std::optional<nanoseconds> at) {
    if (at) count(*at);
    if (in_second_ > judged_a_second) return false;
    const std::size_t before = faults();
    if (k != kind_ && messages_ > 0) rate_.reset();
    kind_ = k;
    has_clock_ = at.has_value();
    message_bytes_ = payload.size();
    ++messages_;
    look_for_header(payload);
    lengths_.add(payload);
    if (in_second_ <= looks_a_second) judge_contents(payload);
    if (at) {
        const auto duration = duration_of(payload.size() / sizeof(std::int16_t), rate_hz(k));
        if (from_ == sender::server) bursts_.add(duration, *at);
        if (rate_.add(duration, *at)) judge_pace();
    }
    judge_lengths();
    return faults() != before;
}

void audio_judge::count(nanoseconds at) noexcept {
    if (at - second_since_ >= std::chrono::seconds(1)) {
        if (in_second_ > judged_a_second) rate_.reset(); // it did not get all messages
        second_since_ = at;
        in_second_ = 0;
    }
    if (in_second_ <= judged_a_second) ++in_second_;
}

void audio_judge::judge_contents(std::span<const std::byte> payload) {
    if (g711_ || codec_) return;
    if (kind_ == kind::slin) {
        const encoding guess = detector_.observe(payload);
        if (detector_.firm() && guess != encoding::slin) g711_ = guess;
    }
    switch (content_.add(payload)) {
    case content_watch::verdict::none: break;
    case content_watch::verdict::swapped: byte_order_ = !g711_; break;
    case content_watch::verdict::noise:
        noise_ = noise_ || (!g711_ && (!has_clock_ || rate_.pace() || messages_ >= noise_messages_min));
        break;
    }
}

void audio_judge::judge_pace() {
    if (g711_ || codec_) return;
    const auto lasting = rate_.pace();
    if (lasting && kind_ == kind::slin && is_half(*lasting) && detector_.guess() != encoding::slin) {
        g711_ = detector_.guess();
        return;
    }
    const auto interval = rate_.interval();
    const auto ms = std::lround(std::chrono::duration<double, std::milli>(interval).count() / 10) * 10;
    const bool is_noise = content_.current() == content_watch::verdict::noise;
    // Noise at half of real time or less is a codec. A pace that no slin has needs no evidence except its duration.
    const auto pace = is_noise ? rate_.recent_pace() : lasting;
    const auto bytes = lengths_.common();
    if (pace && bytes && *pace <= (is_noise ? noise_pace_max : codec_pace_max)) {
        const auto found = codec_of(*bytes, ms);
        if (!found.empty()) {
            codec_ = found;
            codec_has_pace_ = true;
            return;
        }
    }
    if (!lasting || pace_fault_) return;
    const int rate = rate_of_pace(*lasting, rate_hz(kind_));
    if (rate != 0 || is_half(*lasting)) pace_fault_ = pace_fault{*lasting, rate, message_bytes_, interval};
}

void audio_judge::judge_lengths() {
    if (g711_ || codec_) return;
    const bool is_noise = content_.current() == content_watch::verdict::noise;
    if (lengths_.are_gsm())
        codec_ = "GSM";
    else if (is_noise && lengths_.vary())
        codec_ = "Opus";
    else if (is_noise && !has_clock_ && lengths_.common() == g722_frame_bytes)
        codec_ = "G.722";
}

void audio_judge::look_for_header(std::span<const std::byte> payload) {
    if (!header_.empty()) return;
    header_ = sound_head(payload);
    header_at_ = messages_;
}

std::optional<int> audio_judge::actual_rate_hz() const noexcept {
    if (!pace_fault_ || pace_fault_->actual_rate_hz == 0 || g711_ || codec_) return std::nullopt;
    return pace_fault_->actual_rate_hz;
}

// Changes exactly when findings() changes.
std::size_t audio_judge::faults() const noexcept {
    const auto bit = [](bool is_set, unsigned place) { return static_cast<std::size_t>(is_set) << place; };
    return bit(g711_.has_value(), 0) | bit(codec_.has_value(), 1) | bit(noise_, 2) | bit(pace_fault_.has_value(), 3) |
           bit(byte_order_, 4) | bit(!header_.empty(), 5) | bit(bursts_.bursts() > 0, 6) | bit(bursts_.are_usual(), 7);
}

std::vector<finding> audio_judge::findings() const {
    std::vector<finding> all;
    const bool other_codec = g711_ || codec_;
    if (g711_) all.push_back(describe_g711());
    if (codec_ && !g711_) all.push_back(describe_codec());
    if (noise_ && !other_codec) all.push_back(describe_noise());
    if (pace_fault_ && !other_codec) all.push_back(describe_pace());
    if (byte_order_ && !other_codec) all.push_back(describe_byte_order());
    if (!header_.empty()) all.push_back(describe_header());
    // A pace above real time is one long burst.
    if (bursts_.bursts() > 0 && !(pace_fault_ && pace_fault_->pace > 1)) all.push_back(describe_burst());
    return all;
}

} // namespace audiosocket::app::diagnosis
