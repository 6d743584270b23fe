// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <audiosocket/audio/g711.hpp>
#include <audiosocket/export.hpp>

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>

namespace audiosocket {

/// Detects whether payloads of kind slin (0x10) really contain slin or G.711. Asterisk's channel driver sends G.711
/// under this kind if it was dialled without c(FORMAT).
///
/// Pass it each payload of one stream in order. In doubt it answers slin. If that is wrong, only a misconfigured system
/// plays noise. The opposite mistake would play noise on a good system.
///
/// With speech the answer is right from the first payload that is not silent. It is firm within a few payloads, and
/// never changes after that. Silence and pure tones change the guess but never make it firm. The answer for any other
/// encoding (G.722, GSM ...) is slin.
///
/// Copyable, less than 200 bytes, never allocates. Not thread-safe. A payload of 20 ms takes 2-5 microseconds until the
/// answer is firm, and almost nothing after that. Source: PROTOCOL, section 1.
class AUDIOSOCKET_EXPORT encoding_detector {
  public:
    /// Evaluates one more payload, of any length and alignment, and returns guess().
    encoding observe(std::span<const std::byte> payload);

    /// Returns the best guess for the last payload, from all payloads so far; slin before the first.
    encoding guess() const { return guess_; }

    /// Returns whether the guess is final.
    bool firm() const { return firm_; }

    /// Returns to the state of a new detector, for the next stream.
    void reset() { *this = encoding_detector(); }

  private:
    void weigh(std::span<const std::byte> payload);
    void decide(double prior_bits);

    // Histograms of the high four bits of bytes at even and at odd offsets.
    std::array<std::uint32_t, 16> even_{};
    std::array<std::uint32_t, 16> odd_{};
    double ulaw_bits_ = 0; // evidence for mu-law against slin, in bits; negative is evidence for slin
    double alaw_bits_ = 0;
    int weighed_ = 0; // payloads with enough different values to count
    encoding guess_ = encoding::slin;
    bool firm_ = false;
};

} // namespace audiosocket
