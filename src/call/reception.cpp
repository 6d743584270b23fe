// SPDX-License-Identifier: Apache-2.0
#include "call/reception.hpp"

#include "call/kept_memory.hpp"

#include <audiosocket/audio/duration.hpp>

#include <algorithm>
#include <utility>

namespace audiosocket {
namespace {

// What looking at a payload costs of the budget: 2 to 5 us.
constexpr std::uint64_t look_work = 100;

// The most messages that are held back: those that Asterisk collects during its Answer(), and those that show the rate.
constexpr std::size_t held_messages_max = 64;

} // namespace

bool reception::take(const message& audio, time_point now, call_monitor* monitor) {
    if (monitor) monitor->arrived(audio, now);
    if (audio.payload.empty()) {
        ++counters_.empty_audio;
        return false;
    }
    if (audio.kind > kind_max_) {
        count_arrival(audio.payload.size() / 2, rate_hz(audio.kind), now);
        ++counters_.frames_above_rate;
        return false;
    }
    if (!may_come(audio, now)) {
        count_arrival(audio.payload.size() / 2, rate_hz(audio.kind), now);
        ++counters_.frames_dropped;
        return false;
    }
    const bool first = !known_ && !doubt_;
    if (hold_back(audio, now)) {
        if (doubt_->rate.decided() || doubt_->pieces.size() == held_messages_max) settle(monitor);
        return first;
    }
    let_go(monitor);
    return hand_over(audio, now, monitor);
}

// Returns whether this audio has the same kind as before, or the budget allows a change of the kind.
bool reception::may_come(const message& audio, time_point now) {
    if (label_ != no_label && label_ != audio.kind && !changes_.take(1, now)) return false;
    label_ = audio.kind;
    return true;
}

// Holds audio back if its rate is in doubt.
bool reception::hold_back(const message& audio, time_point now) {
    if (input_ || rate_known_ || audio.kind != kind::slin) return false;
    if (!doubt_) {
        rate_detector rate;
        rate.observe(audio.payload.size(), now);
        if (rate.decided()) {
            rate_known_ = true;
            return false;
        }
        doubt_ = std::make_unique<doubt>(doubt{rate, {}, {}});
    } else {
        doubt_->rate.observe(audio.payload.size(), now);
    }
    doubt_->pieces.push_back({audio.payload.size(), now});
    doubt_->payloads.insert(doubt_->payloads.end(), audio.payload.begin(), audio.payload.end());
    return true;
}

void reception::settle(call_monitor* monitor) {
    if (!doubt_) return;
    doubt_->rate.decide();
    slin_kind_ = doubt_->rate.kind();
    rate_known_ = true;
    // Audio that was passed on by its kind is not a change of the peer.
    if (known_ && format_ == media_format{}) format_.kind = slin_kind_;
    let_go(monitor);
    doubt_.reset();
}

void reception::let_go(call_monitor* monitor) {
    if (!doubt_) return;
    const auto pieces = std::exchange(doubt_->pieces, {});
    const auto payloads = std::exchange(doubt_->payloads, {});
    std::span<const std::byte> rest(payloads);
    for (const doubt::piece& p : pieces) {
        hand_over({kind::slin, rest.first(p.bytes)}, p.at, monitor);
        rest = rest.subspan(p.bytes);
    }
}

// Returns whether it was the first audio.
bool reception::hand_over(const message& audio, time_point now, call_monitor* monitor) {
    const media_format arrived = contents_of(audio, now);
    if (arrived.encoding == encoding::slin && audio.payload.size() % 2 != 0) ++counters_.odd_audio;
    const std::size_t samples = samples_in(arrived.encoding, audio.payload.size());
    count_arrival(samples, arrived.rate_hz(), now);
    if (samples == 0) return false;
    if (arrived.kind > kind_max_) { // although the kind of its message is not
        ++counters_.frames_above_rate;
        return false;
    }

    const bool first = !std::exchange(known_, true);
    if (first && rate_out_hz_ == 0) rate_out_hz_ = arrived.rate_hz();
    if (!first && arrived.kind != format_.kind) ++counters_.kind_changes;
    format_ = arrived;
    if (arrived.rate_hz() == rate_out_hz_)
        decode_into_queue(audio.payload, samples, now, monitor);
    else
        convert(audio.payload, samples, now, monitor);
    return first;
}

// The usual case: audio that needs no conversion.
void reception::decode_into_queue(std::span<const std::byte> payload, std::size_t samples, time_point now,
                                  call_monitor* monitor) {
    if (conversion_) conversion_->to_rate_out.finish_stream();
    const auto decoded = to_.room_for_audio(samples, rate_out_hz_);
    decode(format_.encoding, payload, decoded);
    if (monitor) monitor->received(decoded, rate_out_hz_, now);
}

void reception::convert(std::span<const std::byte> payload, std::size_t samples, time_point now,
                        call_monitor* monitor) {
    const int rate_hz = format_.rate_hz();
    if (!conversion_) conversion_ = std::make_unique<conversion>(conversion{rate_converter(rate_out_hz_, to_), {}});
    auto& [to_rate_out, decoded] = *conversion_;
    decoded.resize(samples);
    decode(format_.encoding, payload, decoded);
    if (monitor) monitor->received(decoded, rate_hz, now);
    if (work_.take(to_rate_out.work(samples, rate_hz), now))
        to_rate_out.convert(decoded, rate_hz);
    else
        ++counters_.frames_dropped;
    clear_and_keep(decoded, kept_samples_max(rate_hz));
}

media_format reception::contents_of(const message& audio, time_point now) {
    if (audio.kind != kind::slin) return {audio.kind, encoding::slin};
    if (input_) return *input_;
    const encoding contents = recognise(audio.payload, now);
    return {contents == encoding::slin ? slin_kind_ : kind::slin, contents};
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
        jitter_us_ += (static_cast<float>(deviation_us) - jitter_us_) / 16; // RFC 3550, section 6.4.1
        counters_.arrival_jitter = std::chrono::microseconds(static_cast<std::int64_t>(jitter_us_ + 0.5F));
        counters_.arrival_gap_max =
            std::max(counters_.arrival_gap_max, std::chrono::duration_cast<std::chrono::microseconds>(gap));
        if (tally_) tally_->arrival_deviation.add(deviation);
    }
    ++counters_.frames_received;
    counters_.samples_received += samples;
    last_arrival_ = now;
    last_duration_ = std::chrono::duration_cast<short_duration>(duration_of(samples, rate_hz));
}

} // namespace audiosocket
