// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "sim/gateway/websocket_peer.hpp"

#include <audiosocket/audio/g711.hpp>

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>

namespace audiosocket::sim {

/// The back end's side of a dialect: writes what a back end sends, and reads what the gateway sends. It fails the test
/// for messages that the dialect does not have, and for wrong counters.
class language {
  public:
    using opcode = websocket_peer::opcode;

    /// A message to the gateway.
    struct message {
        opcode kind = opcode::text;
        std::string payload;
    };

    /// A message of the gateway.
    struct news {
        enum class type { start, audio, digit, mark, other };
        type what = type::other;
        std::string text; ///< The name of a mark, a digit, or the bytes of audio.

        /// Of a mark: "playout" or "cleared", or empty where the dialect does not tell them apart.
        std::string event;
    };

    language() = default;
    language(const language&) = delete;
    language& operator=(const language&) = delete;
    virtual ~language() = default;

    /// Returns whether the back end may speak before the first message of the gateway has arrived.
    virtual bool may_begin() const noexcept = 0;

    /// Returns whether a message can have a part of a sample.
    virtual bool splits_samples() const noexcept = 0;

    virtual message audio(std::string_view bytes) const = 0;
    virtual message mark(std::string_view name) const = 0;
    virtual message clear() const = 0;
    /// Returns one of three messages that the gateway must ignore: 0, 1 or 2.
    virtual message garbage(std::size_t which) const = 0;

    /// Reads a whole message of the gateway.
    virtual news read(opcode kind, std::string_view received) = 0;
};

/// Returns the language of a dialect: pcm or twilio.
std::unique_ptr<language> make_language(std::string_view dialect);

/// Returns the encoding of a dialect's audio.
encoding encoding_of(std::string_view dialect);

} // namespace audiosocket::sim
