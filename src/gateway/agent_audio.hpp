// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <audiosocket/gateway/dialect_output.hpp>

#include "gateway/payload_format.hpp"

#include <cstddef>
#include <span>
#include <string_view>

namespace audiosocket::gateway {

/// Plays audio of the back end. If the playout queue refuses audio, reports it once, until the queue takes audio again.
class agent_audio {
  public:
    explicit agent_audio(payload_format format) : reader_(format) {}

    const payload_format& format() const noexcept { return reader_.format(); }

    /// Queues these bytes. `type` is the type of the message that contained them.
    void play(std::span<const std::byte> bytes, std::string_view type, dialect_output& out);

    /// Queues bytes that are base64. Reports text that is not base64 as ignored.
    void play_base64(std::string_view text, std::string_view type, dialect_output& out);

    /// Forgets half a sample: the next bytes begin with a whole sample.
    void reset() noexcept { reader_.reset(); }

  private:
    payload_reader reader_;
    bool refused_ = false;
};

} // namespace audiosocket::gateway
