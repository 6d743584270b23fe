// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "gateway/payload_format.hpp"

#include <audiosocket/gateway/dialect_output.hpp>

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace audiosocket::gateway {

/// Sends the caller's audio as base64 inside text messages. Gathers pieces that are shorter than a frame, because each
/// message has a fixed cost for the back end. Allocates nothing after the first message.
class audio_messages {
  public:
    /// The shortest audio of a message, in milliseconds: a frame of telephony. More would delay the detection of
    /// speech.
    static constexpr int piece_ms_min = 20;

    /// The longest audio of a message, in milliseconds: the most that services recommend.
    static constexpr int piece_ms_max = 100;

    /// Makes messages of this format. `head` and `tail` are the text of a message before and behind the base64 text.
    audio_messages(payload_format format, std::string_view head, std::string_view tail);

    int rate_hz() const noexcept { return format_.rate_hz; }

    /// Takes audio, and sends all messages that are complete.
    void add(std::span<const std::int16_t> samples, dialect_output& out);

  private:
    std::size_t samples_in_ms(int ms) const noexcept;
    void send(dialect_output& out);

    payload_format format_;
    std::vector<std::byte> gathered_;
    std::string message_;
    std::size_t head_bytes_;
    std::string_view tail_;
};

} // namespace audiosocket::gateway
