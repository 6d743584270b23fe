// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

namespace audiosocket::app::diagnosis {

/// Recognises other codecs by the lengths of payloads, and by bytes that each frame of a codec has.
class payload_lengths {
  public:
    void add(std::span<const std::byte> payload);

    /// Returns the common length of the last messages; nothing while they differ.
    std::optional<std::size_t> common() const noexcept;

    /// Returns whether each of the last messages is a run of GSM frames: 33 bytes, beginning with 0xd.
    bool are_gsm() const noexcept { return gsm_in_a_row_ >= enough; }

    /// Returns whether lengths vary from message to message as in Opus: short, and often odd.
    bool vary() const noexcept;

    std::size_t shortest() const noexcept { return shortest_; }
    std::size_t longest() const noexcept { return longest_; }

  private:
    static constexpr std::uint32_t enough = 25; // half a second

    std::size_t last_ = 0;
    std::uint32_t same_in_a_row_ = 0;
    std::uint32_t gsm_in_a_row_ = 0;
    // Of up to 64 messages; then half of the count is forgotten.
    std::uint32_t messages_ = 0;
    std::uint32_t changes_ = 0;
    std::uint32_t odd_ = 0;
    std::uint32_t short_ = 0;
    std::size_t shortest_ = SIZE_MAX;
    std::size_t longest_ = 0;
};

/// Returns the codec that makes this many bytes in this many milliseconds, for lengths that slin at 8 kHz does not
/// have: "G.722, or mu-law or A-law", "GSM", "G.729"; empty if there is none.
std::string_view codec_of(std::size_t bytes, std::int64_t ms) noexcept;

} // namespace audiosocket::app::diagnosis
