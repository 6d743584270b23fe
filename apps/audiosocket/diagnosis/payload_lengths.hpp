// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

namespace audiosocket::app::diagnosis {

/// Recognises other codecs by the lengths of the payloads, and by bytes that a codec has in each frame.
class payload_lengths {
  public:
    void add(std::span<const std::byte> payload);

    /// The length that the last messages have in common; nothing while they differ.
    std::optional<std::size_t> common() const noexcept;

    /// Whether each of the last messages is a run of GSM frames: 33 bytes of which the first begins with 0xd.
    bool are_gsm() const noexcept { return gsm_in_a_row_ >= enough; }

    /// Whether lengths vary from message to message as those of Opus do: short, and often odd.
    bool vary() const noexcept;

    std::size_t shortest() const noexcept { return shortest_; }
    std::size_t longest() const noexcept { return longest_; }

  private:
    static constexpr std::uint32_t enough = 25; // half a second

    std::size_t last_ = 0;
    std::uint32_t same_in_a_row_ = 0;
    std::uint32_t gsm_in_a_row_ = 0;
    // Of up to 64 messages; then half of it is forgotten.
    std::uint32_t messages_ = 0;
    std::uint32_t changes_ = 0;
    std::uint32_t odd_ = 0;
    std::uint32_t short_ = 0;
    std::size_t shortest_ = SIZE_MAX;
    std::size_t longest_ = 0;
};

/// The codec that makes this many bytes in this many milliseconds, for the lengths that are no slin at 8 kHz:
/// "G.722, or mu-law or A-law", "GSM", "G.729"; empty for none that is known.
std::string_view codec_of(std::size_t bytes, std::int64_t ms) noexcept;

} // namespace audiosocket::app::diagnosis
