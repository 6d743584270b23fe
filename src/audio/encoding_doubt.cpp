// SPDX-License-Identifier: Apache-2.0
#include "audio/encoding_doubt.hpp"

#include "audio/code_length.hpp"
#include "audio/conversion.hpp"

#include <audiosocket/audio/encoding_detector.hpp>

#include <algorithm>
#include <array>
#include <bitset>

namespace audiosocket {
namespace {

constexpr std::size_t payload_bytes = 320; // as in a call, for which encoding_detector is made

// So that one or two clicks cannot decide, as in encoding_detector.
constexpr int firm_payloads_min = 3;

template <class Each>
void for_each_payload(std::span<const std::byte> head, Each each) {
    for (; head.size() >= payload_bytes; head = head.subspan(payload_bytes)) {
        each(head.first<payload_bytes>());
    }
}

// Payloads with fewer different bytes are bad evidence. So is a clipped wave, whose extremes are much smaller with
// their bytes exchanged.
constexpr std::size_t distinct_bytes_min = 20;
constexpr int clipped_samples_max = 8;

// A wrong byte order makes the code of speech at least 5 bits a sample longer.
constexpr double swapped_bits_min = 2.0 * payload_bytes / 2;

bool says_little(std::span<const std::byte> payload) {
    std::bitset<256> seen;
    int clipped = 0;
    for (std::size_t i = 0; i < payload.size(); i += 2) {
        const auto low = std::to_integer<unsigned>(payload[i]);
        const auto high = std::to_integer<unsigned>(payload[i + 1]);
        seen.set(low);
        seen.set(high);
        clipped += (high == 0x7f && low == 0xff) || (high == 0x80 && low <= 1) ? 1 : 0;
    }
    return seen.count() < distinct_bytes_min || clipped > clipped_samples_max;
}

// Returns whether the samples are smooth with their bytes exchanged, and noisy as they are.
bool is_swapped(std::span<const std::byte> head) {
    int for_it = 0;
    int against_it = 0;
    for_each_payload(head, [&](std::span<const std::byte, payload_bytes> payload) {
        if (says_little(payload)) return;
        std::array<std::byte, payload_bytes> swapped;
        for (std::size_t i = 0; i < payload_bytes; ++i) {
            swapped[i] = payload[i ^ 1U];
        }
        const double won = code_length(encoding::slin, payload) - code_length(encoding::slin, swapped);
        (won >= swapped_bits_min ? for_it : against_it) += 1;
    });
    return for_it >= firm_payloads_min && for_it > 9 * against_it;
}

// Returns whether every 33rd byte starts with the bits 1101, as frames of GSM 06.10 do (RFC 3551, 4.5.8.1), but less
// than half of all bytes do. In A-law's silence, 0xd5, every byte does.
bool is_gsm(std::span<const std::byte> head) {
    constexpr std::size_t frame_bytes = 33;
    constexpr std::size_t frames_min = 32; // less than once in 2^32 by chance
    const auto has_mark = [](std::byte b) { return (b & std::byte{0xf0}) == std::byte{0xd0}; };
    const std::size_t frames = head.size() / frame_bytes;
    for (std::size_t i = 0; i < frames; ++i) {
        if (!has_mark(head[i * frame_bytes])) return false;
    }
    const auto marks = static_cast<std::size_t>(std::count_if(head.begin(), head.end(), has_mark));
    return frames >= frames_min && 2 * marks < head.size();
}

std::string_view name_of(encoding e) {
    switch (e) {
    case encoding::ulaw: return "mu-law";
    case encoding::alaw: return "A-law";
    default: return "16-bit PCM";
    }
}

} // namespace

encoding_doubt doubt_encoding(encoding claimed, std::span<const std::byte> head) {
    if (is_gsm(head)) return encoding_doubt::gsm;
    encoding_detector detector;
    for_each_payload(head, [&](auto payload) { detector.observe(payload); });
    if (!detector.firm() || (claimed == encoding::slin && detector.guess() == encoding::slin)) {
        return claimed == encoding::slin && is_swapped(head) ? encoding_doubt::swapped_slin : encoding_doubt::none;
    }
    if (detector.guess() == claimed) return encoding_doubt::none;
    switch (detector.guess()) {
    case encoding::ulaw: return encoding_doubt::ulaw;
    case encoding::alaw: return encoding_doubt::alaw;
    default: return encoding_doubt::slin;
    }
}

std::string describe(encoding_doubt doubt, encoding claimed, const std::filesystem::path& path, int rate_hz) {
    if (doubt == encoding_doubt::none) return {};
    const std::string but = path.extension().string() + " stands for " + std::string(name_of(claimed)) + " at " +
                            std::to_string(rate_hz) + " Hz, but this looks like ";
    switch (doubt) {
    case encoding_doubt::ulaw: return but + "mu-law; if it sounds like noise, rename it to .ulaw";
    case encoding_doubt::alaw: return but + "A-law; if it sounds like noise, rename it to .alaw";
    case encoding_doubt::gsm: return but + "GSM 06.10; if it sounds like noise, rename it to .gsm";
    case encoding_doubt::swapped_slin:
        return but + "16-bit PCM with the high byte first; if it sounds like noise, convert it with: " +
               ffmpeg_command(path, "-f s16be -ar " + std::to_string(rate_hz) + " -ac 1");
    default:
        return but + "16-bit PCM; if it sounds like noise, rename it to the suffix of its rate: .sln (8 kHz), .sln16, "
                     ".sln24, .sln48";
    }
}

} // namespace audiosocket
