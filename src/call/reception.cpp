#include "call/reception.hpp"

#include <algorithm>
#include <cmath>
#include <utility>

namespace audiosocket {
namespace {

// Room for what a resampler holds: 5 ms at 192 kHz; more is fetched in several goes.
constexpr std::size_t tail_samples = 960;

} // namespace

bool reception::take(const message& audio, time_point now, call_monitor* monitor) {
    if (audio.payload.empty()) {
        ++counters_.empty_audio;
        return false;
    }
    const media_format arrived{audio.kind, encoding_of(audio)};
    if (arrived.encoding == encoding::slin && audio.payload.size() % 2 != 0) ++counters_.odd_audio;
    decoded_.resize(samples_in(arrived.encoding, audio.payload.size()));
    count_arrival(decoded_.size(), arrived.rate_hz(), now);
    if (decoded_.empty()) return false;
    decode(arrived.encoding, audio.payload, decoded_);
    if (monitor) monitor->heard(decoded_, arrived.rate_hz(), now);

    const bool first = !std::exchange(known_, true);
    if (first) rate_out_hz_ = options_.receive_rate_hz != 0 ? options_.receive_rate_hz : arrived.rate_hz();
    if (!first && arrived.kind != format_.kind) {
        ++counters_.kind_changes;
        finish_stream(format_.kind);
    }
    format_ = arrived;
    hand_over(decoded_, arrived.kind);
    return first;
}

encoding reception::encoding_of(const message& audio) {
    if (audio.kind != kind::slin) return encoding::slin;
    switch (options_.input) {
    case input_format::automatic: return detector_.observe(audio.payload);
    case input_format::slin: return encoding::slin;
    case input_format::ulaw: return encoding::ulaw;
    case input_format::alaw: return encoding::alaw;
    }
    return encoding::slin;
}

void reception::count_arrival(std::size_t samples, int rate_hz, time_point now) {
    if (counters_.frames_received > 0) {
        using microseconds = std::chrono::duration<double, std::micro>;
        const auto gap = now - last_arrival_;
        const double deviation_us = std::abs(microseconds(gap - last_duration_).count());
        jitter_us_ += (deviation_us - jitter_us_) / 16; // RFC 3550, section 6.4.1
        counters_.arrival_jitter = std::chrono::microseconds(std::lround(jitter_us_));
        counters_.arrival_gap_max =
            std::max(counters_.arrival_gap_max, std::chrono::duration_cast<std::chrono::microseconds>(gap));
    }
    ++counters_.frames_received;
    counters_.samples_received += samples;
    last_arrival_ = now;
    last_duration_ = std::chrono::nanoseconds(static_cast<std::int64_t>(samples) * 1'000'000'000 / rate_hz);
}

void reception::hand_over(std::span<const std::int16_t> samples, kind k) {
    if (rate_hz(k) == rate_out_hz_) return to_.push_audio(samples, rate_out_hz_);
    resampler& convert = converter(k);
    converted_.resize(convert.output_samples_max(samples.size()));
    const auto produced = convert.process(samples, converted_).produced;
    if (produced > 0) to_.push_audio(std::span(converted_).first(produced), rate_out_hz_);
}

// The kind has changed: what the converter of the old one still holds comes before the new audio.
void reception::finish_stream(kind k) {
    if (rate_hz(k) == rate_out_hz_) return;
    resampler& convert = converter(k);
    converted_.resize(tail_samples);
    while (const std::size_t produced = convert.flush(converted_))
        to_.push_audio(std::span(converted_).first(produced), rate_out_hz_);
}

resampler& reception::converter(kind k) {
    auto& made = converters_[static_cast<std::size_t>(k) - static_cast<std::size_t>(kind::slin)];
    if (!made) made.emplace(rate_hz(k), rate_out_hz_);
    return *made;
}

} // namespace audiosocket
