// SPDX-License-Identifier: Apache-2.0
// How it decides: by the encoding in which the bytes have the shortest code (code_length). In the right encoding sound
// is smooth, or at least has one scale, and its code is shorter than the payload. In a wrong encoding it looks like
// noise and its code is longer. The difference in bits is a log-likelihood ratio. So it can be added over payloads, and
// a wrong decision with n bits of evidence has a probability of about 2^-n.
//
// Three rules protect loud, noisy or clipped slin, which is not smooth:
// - The code of slin is never longer than the payload, so the code of G.711 must be really shorter than 8 bits a byte.
// - G.711 has one byte a sample, so bytes at even and odd offsets have the same distribution. Low and high bytes of
//   slin have not. That difference, in bits, counts against G.711.
// - Payloads with few different bytes (silence, square waves, tones in step with the sample clock) are bad evidence.
//   They only give a guess while nothing better is known.

#include <audiosocket/audio/encoding_detector.hpp>

#include "audio/code_length.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdlib>
#include <cstring>
#include <numbers>
#include <numeric>

namespace audiosocket {
namespace {

using payload_bytes = std::span<const std::byte>;
using histogram = std::array<std::uint32_t, 16>;

// Shorter payloads are ignored.
constexpr std::size_t weighed_bytes_min = 16;

// How much a wrong encoding may gain because the best predictor, distribution and scale are chosen in each payload: 3
// bits for the first two, half of log2(480) for the scale, and the same again as reserve.
constexpr double freedom_bits = 12;

// 20 ms of slin at 8 kHz are 320 bytes. In G.711 that is 40 ms, which perhaps one system in 2^10 sends.
constexpr std::size_t slin_frame_bytes = 320;
constexpr double size_prior_bits = 10;

// A guess may be wrong once in 2^16. A firm decision holds for the whole call, and real signals do not fit the coder's
// assumptions exactly, so it needs much more. A payload of speech gives 100 to 600 bits.
constexpr double lean_bits = 16;
constexpr double firm_bits = 200;
constexpr double law_gap_bits = 64; // mu-law and A-law must differ by this before either is firm

// So that one or two strange payloads (a click, a damaged stream) cannot decide.
constexpr int firm_payloads_min = 3;

// Payloads with fewer different bytes are bad evidence: a tone of 400 Hz at 8 kHz has 20 different samples.
constexpr std::size_t distinct_bytes_min = 20;

// A square wave of slin has two different samples, so four different bytes.
constexpr std::size_t square_wave_bytes = 4;

// A peak up to this counts as silence: -48 dBFS, sixteen steps of mu-law.
constexpr int quiet_peak = 128;

bool is_constant(payload_bytes payload) {
    return std::memcmp(payload.data(), payload.data() + 1, payload.size() - 1) == 0;
}

// Returns whether more than a quarter of the samples are slin's digital silence, which in G.711 would be a clipped
// wave.
bool has_slin_silence(payload_bytes payload) {
    std::size_t zeros = 0;
    for (std::size_t i = 0; i + 1 < payload.size(); i += 2) {
        zeros += (payload[i] | payload[i + 1]) == std::byte{0} ? 1U : 0U;
    }
    return zeros > payload.size() / 8;
}

std::size_t distinct_bytes(payload_bytes payload) {
    std::array<std::uint8_t, 256> seen{}; // bytes and not bits, for speed: this runs 50 times a second for each call
    for (const std::byte b : payload) {
        seen[std::to_integer<std::size_t>(b)] = 1;
    }
    return std::accumulate(seen.begin(), seen.end(), std::size_t{0});
}

bool is_quiet(encoding e, payload_bytes payload) {
    std::array<std::int16_t, code_length_bytes_max> storage;
    const auto samples = std::span(storage).first(samples_in(e, payload.size()));
    decode(e, payload, samples);
    return std::all_of(samples.begin(), samples.end(), [](std::int16_t s) { return std::abs(s) <= quiet_peak; });
}

// Returns the encoding whose silence this is. The payload has only one byte value.
encoding silence_of(payload_bytes payload) {
    switch (std::to_integer<unsigned>(payload.front())) {
    case 0x55:
    case 0xd5: return encoding::alaw; // 8 and -8; as slin, a constant far from zero
    case 0x7f: return encoding::ulaw;
    case 0xff: // 0 in mu-law, -1 in slin, so only the length decides
        return payload.size() % slin_frame_bytes == 0 ? encoding::slin : encoding::ulaw;
    default: return encoding::slin;
    }
}

void count_bytes(payload_bytes payload, histogram& even, histogram& odd) {
    for (std::size_t i = 0; i + 1 < payload.size(); i += 2) {
        ++even[std::to_integer<std::size_t>(payload[i] >> 4)];
        ++odd[std::to_integer<std::size_t>(payload[i + 1] >> 4)];
    }
}

// Returns the evidence, in bits, that bytes at even and odd offsets have different distributions: the chi-squared of
// the two histograms above the value by chance. A unit is half a nat.
double parity_bits(const histogram& even, const histogram& odd) {
    constexpr double by_chance = 38; // 15 degrees of freedom exceed this once in a thousand
    double chi_squared = 0;
    for (std::size_t i = 0; i < even.size(); ++i) {
        const double sum = even[i] + odd[i];
        const double difference = static_cast<double>(even[i]) - static_cast<double>(odd[i]);
        if (sum > 0) {
            chi_squared += difference * difference / sum;
        }
    }
    return std::max(0.0, chi_squared - by_chance) / (2 * std::numbers::ln2);
}

// Evidence for each law against slin; negative is evidence for slin.
struct law_bits {
    double ulaw;
    double alaw;

    encoding better() const { return ulaw >= alaw ? encoding::ulaw : encoding::alaw; }
    double best() const { return std::max(ulaw, alaw); }
};

law_bits compare(payload_bytes payload) {
    const double plain = 8.0 * static_cast<double>(payload.size());
    const double slin = std::min(code_length(encoding::slin, payload), plain) - freedom_bits;
    return {slin - code_length(encoding::ulaw, payload), slin - code_length(encoding::alaw, payload)};
}

// Returns the best guess from a payload that is bad evidence. `distinct` is its number of different bytes.
encoding guess_poor(payload_bytes payload, std::size_t distinct) {
    if (has_slin_silence(payload) || is_quiet(encoding::slin, payload)) {
        return encoding::slin;
    }
    for (const encoding law : {encoding::ulaw, encoding::alaw}) {
        if (is_quiet(law, payload)) {
            return law;
        }
    }
    histogram even{};
    histogram odd{};
    count_bytes(payload, even, odd);
    const law_bits bits = compare(payload);
    const double parity = parity_bits(even, odd);
    if (parity > 0 && distinct <= square_wave_bytes) {
        return encoding::slin;
    }
    return bits.best() - parity >= lean_bits ? bits.better() : encoding::slin;
}

} // namespace

encoding encoding_detector::observe(std::span<const std::byte> payload) {
    if (firm_ || payload.size() < weighed_bytes_min) {
        return guess_;
    }

    const auto head = payload.first(std::min(payload.size() / 2 * 2, code_length_bytes_max));
    if (is_constant(payload)) { // what a caller sends while listening
        if (weighed_ == 0) {
            guess_ = silence_of(payload);
        }
        return guess_;
    }
    const auto distinct = distinct_bytes(head);
    if (distinct >= distinct_bytes_min && !has_slin_silence(head)) {
        weigh(head);
        decide(payload.size() % slin_frame_bytes == 0 ? size_prior_bits : 0);
    } else if (weighed_ == 0) {
        guess_ = guess_poor(head, distinct);
    }
    return guess_;
}

void encoding_detector::weigh(std::span<const std::byte> payload) {
    count_bytes(payload, even_, odd_);
    const law_bits bits = compare(payload);
    ulaw_bits_ += bits.ulaw;
    alaw_bits_ += bits.alaw;
    ++weighed_;
}

void encoding_detector::decide(double prior_bits) {
    const law_bits bits{ulaw_bits_ - prior_bits, alaw_bits_ - prior_bits};
    const double for_g711 = bits.best() - parity_bits(even_, odd_);
    guess_ = for_g711 >= lean_bits ? bits.better() : encoding::slin;

    // Only the coder makes slin firm, because parity also reacts to a tone near half the sample rate.
    const bool law_is_clear = std::abs(bits.ulaw - bits.alaw) >= law_gap_bits;
    firm_ = weighed_ >= firm_payloads_min && (bits.best() <= -firm_bits || (for_g711 >= firm_bits && law_is_clear));
}

} // namespace audiosocket
