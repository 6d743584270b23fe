#pragma once

#include <audiosocket/protocol/message.hpp>

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace audiosocket::app::bench {

/// What a caller says: frames of 20 ms whose samples are numbered, ready to be sent. Sample n of the speech is
/// n % 32,000 + 1: never zero, so that it can be told from a server's silence, and a slow ramp, which no server takes
/// for G.711. After 200 frames, four seconds, the numbers begin anew.
class numbered_frames {
  public:
    static constexpr std::size_t samples = 160; ///< 20 ms at 8 kHz.
    static constexpr std::size_t payload_bytes = samples * sizeof(std::int16_t);
    static constexpr std::size_t message_bytes = header_bytes + payload_bytes;
    static constexpr std::size_t period = 200;

    numbered_frames();

    /// Frame number n as a slin message, and its samples alone.
    std::span<const std::byte> message(std::uint64_t n) const noexcept {
        return std::span(messages_).subspan(n % period * message_bytes, message_bytes);
    }
    std::span<const std::byte> payload(std::uint64_t n) const noexcept { return message(n).subspan(header_bytes); }

    /// Where a sample stands: the number of its frame, but for the period, and its place in that frame.
    struct position {
        std::size_t frame = 0;
        std::size_t sample = 0;
        bool operator==(const position&) const = default;
    };

    /// Whether this is a sample that somebody said.
    static constexpr bool is_numbered(std::int16_t sample) noexcept {
        return sample >= 1 && sample <= static_cast<int>(period * samples);
    }
    static constexpr position position_of(std::int16_t sample) noexcept {
        const auto n = static_cast<std::size_t>(sample - 1);
        return {n / samples, n % samples};
    }

  private:
    std::vector<std::byte> messages_;
};

} // namespace audiosocket::app::bench
