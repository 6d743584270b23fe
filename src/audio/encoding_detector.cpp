// SPDX-License-Identifier: Apache-2.0
// How it decides: by which reading the bytes are cheapest to write down (code_length). Under the
// true reading sound is smooth, or at least has one scale, and costs less than its plain size;
// under a false one it looks like wild noise and costs more. The difference in bits is a
// log-likelihood ratio, so it adds up over payloads, and a false verdict of n bits has a chance of
// about 2^-n.
//
// Three things protect loud, noisy or clipped slin, where smoothness says little:
// - slin never costs more than its plain bytes, so G.711 has to beat 8 bits a byte in earnest;
// - G.711 has one byte a sample, so bytes at even and at odd offsets are distributed alike; low and
//   high bytes of slin are not. That difference, in bits, is held against G.711;
// - payloads of few different bytes (silence, square waves, tones in step with the sample clock)
//   make the imagined coder a poor judge: they serve for a guess while nothing better is known, and
//   never count.

#include <audiosocket/audio/encoding_detector.hpp>

#include "audio/code_length.hpp"

#include <algorithm>
#include <bitset>
#include <cmath>
#include <cstdlib>
#include <numbers>

namespace audiosocket {
namespace {

using payload_bytes = std::span<const std::byte>;
using histogram = std::array<std::uint32_t, 16>;

// Too short to say anything.
constexpr std::size_t weighed_bytes_min = 16;

// What a false reading may win by the choice of the best predictor, distribution and scale in each
// payload: 3 bits for the first two, half of log2(480) for the last, and as much again.
constexpr double freedom_bits = 12;

// 20 ms of slin at 8 kHz are 320 bytes; of G.711 that is 40 ms, which perhaps one in 2^10 sends.
constexpr std::size_t slin_frame_bytes = 320;
constexpr double size_prior_bits = 10;

// A guess for now may be wrong once in 2^16. A firm one holds for the whole call, and real signals
// do not obey the coder's assumptions to the letter: far beyond doubt. A payload of speech is worth
// 100 to 600 bits.
constexpr double lean_bits = 16;
constexpr double firm_bits = 200;
constexpr double law_gap_bits = 64; // mu-law and A-law are told apart by this before either is firm

// No one or two odd payloads (a click, a torn stream) decide.
constexpr int firm_payloads_min = 3;

// Fewer different bytes than this say little: a tone of 400 Hz at 8 kHz has 20 samples.
constexpr std::size_t distinct_bytes_min = 20;

// A square wave of slin has two samples, so four different bytes.
constexpr std::size_t square_wave_bytes = 4;

// Peak that passes for silence: -48 dBFS, sixteen steps of mu-law.
constexpr int quiet_peak = 128;

bool is_constant(payload_bytes payload) {
    return std::all_of(payload.begin(), payload.end(), [first = payload.front()](std::byte b) { return b == first; });
}

// More than one sample in four is slin's digital silence, which in G.711 would be a clipped wave.
bool has_slin_silence(payload_bytes payload) {
    std::size_t zeros = 0;
    for (std::size_t i = 0; i + 1 < payload.size(); i += 2) {
        zeros += (payload[i] | payload[i + 1]) == std::byte{0} ? 1U : 0U;
    }
    return zeros > payload.size() / 8;
}

std::size_t distinct_bytes(payload_bytes payload) {
    std::bitset<256> seen;
    for (const std::byte b : payload) {
        seen.set(std::to_integer<std::size_t>(b));
    }
    return seen.count();
}

bool is_quiet(encoding e, payload_bytes payload) {
    std::array<std::int16_t, code_length_bytes_max> storage;
    const auto samples = std::span(storage).first(samples_in(e, payload.size()));
    decode(e, payload, samples);
    return std::all_of(samples.begin(), samples.end(), [](std::int16_t s) { return std::abs(s) <= quiet_peak; });
}

// The same byte throughout: whose silence it is.
encoding silence_of(payload_bytes payload) {
    switch (std::to_integer<unsigned>(payload.front())) {
    case 0x55:
    case 0xd5: return encoding::alaw; // 8 and -8; as slin, a constant far from zero
    case 0x7f: return encoding::ulaw;
    case 0xff: // 0 in mu-law, -1 in slin, so only the length can tell
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

// Evidence, in bits, that bytes at even and at odd offsets are of two kinds: chi-squared of the two
// histograms over what chance gives, which is half a nat a unit.
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

// Evidence for each law against slin; negative speaks for slin.
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

// The best guess from a payload that is not fit to be weighed.
encoding guess_poor(payload_bytes payload) {
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
    if (parity > 0 && distinct_bytes(payload) <= square_wave_bytes) {
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
    if (distinct_bytes(head) >= distinct_bytes_min && !has_slin_silence(head)) {
        weigh(head);
        decide(payload.size() % slin_frame_bytes == 0 ? size_prior_bits : 0);
    } else if (weighed_ == 0) {
        guess_ = is_constant(payload) ? silence_of(payload) : guess_poor(head);
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

    // Slin becomes firm by the coder alone: parity also sees a tone near half the sample rate.
    const bool law_is_clear = std::abs(bits.ulaw - bits.alaw) >= law_gap_bits;
    firm_ = weighed_ >= firm_payloads_min && (bits.best() <= -firm_bits || (for_g711 >= firm_bits && law_is_clear));
}

} // namespace audiosocket
