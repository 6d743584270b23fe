// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <audiosocket/audio/g711.hpp>
#include <audiosocket/export.hpp>

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>

namespace audiosocket {

/// Tells whether payloads labelled slin (kind 0x10) are that, or G.711 under a false label, which
/// is what Asterisk's channel driver sends when it was dialled without c(FORMAT).
///
/// Give it each payload of one stream in turn. It leans towards slin: calling G.711 slin costs the
/// listener noise on a misconfigured system, calling slin G.711 on a good one. From speech it is
/// right from the first payload that is not silent and firm within a few, and then never changes
/// its mind; silence and pure tones guide the guess but never make it firm. A stream that is
/// neither (G.722, GSM ...) is called slin.
///
/// Copyable, under 200 bytes, never allocates. A payload of 20 ms takes 2-5 microseconds until the
/// answer is firm, none thereafter. Source: PROTOCOL, section 1.
class AUDIOSOCKET_EXPORT encoding_detector {
  public:
    /// Weighs one more payload, of any length and alignment, and returns guess().
    encoding observe(std::span<const std::byte> payload);

    /// The best guess for the payload observed last, given all before; slin before the first.
    encoding guess() const { return guess_; }

    /// True once the guess is final.
    bool firm() const { return firm_; }

    /// Forgets everything: for the next stream.
    void reset() { *this = encoding_detector(); }

  private:
    void weigh(std::span<const std::byte> payload);
    void decide(double prior_bits);

    // Histograms of the high four bits of bytes at even and at odd offsets.
    std::array<std::uint32_t, 16> even_{};
    std::array<std::uint32_t, 16> odd_{};
    double ulaw_bits_ = 0; // evidence for mu-law against slin, in bits; negative speaks for slin
    double alaw_bits_ = 0;
    int weighed_ = 0; // payloads rich enough to count
    encoding guess_ = encoding::slin;
    bool firm_ = false;
};

} // namespace audiosocket
