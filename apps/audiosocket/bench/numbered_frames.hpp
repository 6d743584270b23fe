// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <audiosocket/audio/numbered_samples.hpp>
#include <audiosocket/protocol/message.hpp>

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace audiosocket::app::bench {

/// The frames that a caller sends: 20 ms of numbered samples, as messages that are ready to be sent. They repeat after
/// 200 frames, which is four seconds.
class numbered_frames {
  public:
    static constexpr std::size_t samples = 160; ///< 20 ms at 8 kHz.
    static constexpr std::size_t payload_bytes = samples * sizeof(std::int16_t);
    static constexpr std::size_t message_bytes = header_bytes + payload_bytes;
    static constexpr std::size_t period = numbered_samples::period / samples;

    numbered_frames();

    /// Return frame number n as a slin message, and its samples alone.
    std::span<const std::byte> message(std::uint64_t n) const noexcept {
        return std::span(messages_).subspan(n % period * message_bytes, message_bytes);
    }
    std::span<const std::byte> payload(std::uint64_t n) const noexcept { return message(n).subspan(header_bytes); }

    /// The position of a sample: the number of its frame within the period, and its index in that frame.
    struct position {
        std::size_t frame = 0;
        std::size_t sample = 0;
        bool operator==(const position&) const = default;
    };

    static constexpr position position_of(std::int16_t sample) noexcept {
        const std::size_t n = numbered_samples::position_of(sample);
        return {n / samples, n % samples};
    }

  private:
    std::vector<std::byte> messages_;
};

} // namespace audiosocket::app::bench
