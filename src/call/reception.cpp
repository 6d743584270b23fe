// SPDX-License-Identifier: Apache-2.0
#include "call/reception.hpp"

#include "call/kept_memory.hpp"

#include <audiosocket/audio/duration.hpp>

#include <algorithm>
#include <cmath>
#include <utility>

namespace audiosocket {
namespace {

// What a look at a payload costs of the budget: 2 to 5 us.
constexpr std::uint64_t look_work = 100;

} // namespace

bool reception::take(const message& audio, time_point now, call_monitor* monitor) {
    if (audio.payload.empty()) {
        ++counters_.empty_audio;
        return false;
    }
    const media_format arrived{audio.kind, encoding_of(audio, now)};
    if (arrived.encoding == encoding::slin && audio.payload.size() % 2 != 0) ++counters_.odd_audio;
    const std::size_t samples = samples_in(arrived.encoding, audio.payload.size());
    count_arrival(samples, arrived.rate_hz(), now);
    if (samples == 0) return false;

    const bool first = !std::exchange(known_, true);
    if (first && rate_out_hz_ == 0) rate_out_hz_ = arrived.rate_hz();
    if (!first && arrived.kind != format_.kind) ++counters_.kind_changes;
    format_ = arrived;
    if (arrived.rate_hz() == rate_out_hz_)
        hand_over(audio.payload, samples, now, monitor);
    else
        convert(audio.payload, samples, now, monitor);
    return first;
}

// Decodes straight into the queue, as nearly all audio allows.
void reception::hand_over(std::span<const std::byte> payload, std::size_t samples, time_point now,
                          call_monitor* monitor) {
    if (converter_) converter_->finish_stream();
    const auto decoded = to_.room_for_audio(samples, rate_out_hz_);
    decode(format_.encoding, payload, decoded);
    if (monitor) monitor->received(decoded, rate_out_hz_, now);
}

void reception::convert(std::span<const std::byte> payload, std::size_t samples, time_point now,
                        call_monitor* monitor) {
    const int rate_hz = format_.rate_hz();
    decoded_.resize(samples);
    decode(format_.encoding, payload, decoded_);
    if (monitor) monitor->received(decoded_, rate_hz, now);
    if (!converter_) converter_ = std::make_unique<rate_converter>(rate_out_hz_, to_);
    if (work_.take(converter_->work(samples, rate_hz), now))
        converter_->convert(decoded_, rate_hz);
    else
        ++counters_.frames_dropped;
    clear_and_keep(decoded_, kept_samples_max(rate_hz));
}

encoding reception::encoding_of(const message& audio, time_point now) {
    if (audio.kind != kind::slin) return encoding::slin;
    switch (input_) {
    case input_format::automatic: return recognise(audio.payload, now);
    case input_format::slin: return encoding::slin;
    case input_format::ulaw: return encoding::ulaw;
    case input_format::alaw: return encoding::alaw;
    }
    return encoding::slin;
}

encoding reception::recognise(std::span<const std::byte> payload, time_point now) {
    if (recognised_) return *recognised_;
    if (!detector_) detector_ = std::make_unique<encoding_detector>();
    if (!work_.take(look_work, now)) return detector_->guess();
    const encoding guess = detector_->observe(payload);
    if (detector_->firm()) {
        recognised_ = guess;
        detector_.reset();
    }
    return guess;
}

void reception::count_arrival(std::size_t samples, int rate_hz, time_point now) {
    if (counters_.frames_received > 0) {
        using microseconds = std::chrono::duration<double, std::micro>;
        const auto gap = now - last_arrival_;
        const auto deviation = std::chrono::abs(gap - last_duration_);
        const double deviation_us = microseconds(deviation).count();
        jitter_us_ += (deviation_us - jitter_us_) / 16; // RFC 3550, section 6.4.1
        counters_.arrival_jitter = std::chrono::microseconds(std::lround(jitter_us_));
        counters_.arrival_gap_max =
            std::max(counters_.arrival_gap_max, std::chrono::duration_cast<std::chrono::microseconds>(gap));
        if (tally_) tally_->arrival_deviation.add(deviation);
    }
    ++counters_.frames_received;
    counters_.samples_received += samples;
    last_arrival_ = now;
    last_duration_ = duration_of(samples, rate_hz);
}

} // namespace audiosocket
