// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <audiosocket/export.hpp>

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

namespace audiosocket::gateway {

/// When a call is hung up that its back end has ended.
enum class hang_up_time {
    now,         ///< At once. What is queued is dropped.
    when_played, ///< When all that is queued has been played: a goodbye is not cut off.
};

/// What a dialect found out that is neither audio nor a message: for logs, events and counters.
struct dialect_report {
    /// What it is about.
    enum class type {
        transcript,     ///< Words: `who` is "caller" or "agent", `text` what they said.
        tool_call,      ///< The back end asks for a function: `id`, `name`, and its arguments as JSON in `text`.
        tool_cancelled, ///< It does not need the result of the function `id` any more.
        warning,        ///< The back end reports a mistake, and the session goes on: `name` is its code.
        ignored,        ///< A message that this dialect does not know, or cannot read: `text` says why.
    };

    type what = type::ignored; ///< What it is about.
    std::string who{};         ///< Who said it, for words.
    std::string id{};          ///< Which function call it is, for tools.
    std::string name{};        ///< The name of the function, the code of the warning, the type of the message.
    std::string text{};        ///< The words, the arguments, the explanation.
};

/// What a dialect asks for, in the order in which it is to be done. The bridge behind it does so, or queues it. Nothing
/// here calls the dialect back.
class AUDIOSOCKET_EXPORT dialect_output {
  public:
    virtual ~dialect_output() = default;

    // --- To the back end ---

    /// Sends a text message.
    virtual void send_text(std::string_view message) = 0;

    /// Sends a binary message.
    virtual void send_binary(std::span<const std::byte> message) = 0;

    /// Closes this connection in order and opens another one. dialect::opened() follows on it; caller audio of the
    /// meantime is kept, and the playout queue stays as it is.
    virtual void reconnect() = 0;

    // --- To the call ---

    /// The session is set up: the back end takes the caller's audio from now on. Called once for each connection.
    virtual void ready() = 0;

    /// Queues audio to be played behind what is queued: mono, at any rate from 4,000 to 768,000 Hz. Returns false where
    /// the queue is full, and the audio is refused.
    virtual bool play(std::span<const std::int16_t> samples, int rate_hz) = 0;

    /// Queues a mark behind what is queued. dialect::played() follows when all audio before it was sent,
    /// dialect::cleared() when it was cleared instead.
    virtual void mark(std::string_view name) = 0;

    /// Empties the queue: playing stops within a frame. dialect::cleared() follows for each pending mark, and once with
    /// an empty name for audio behind the last mark.
    virtual void clear() = 0;

    /// Ends the call in order.
    virtual void hang_up(hang_up_time when, std::string_view why) = 0;

    // --- To the operator ---

    /// The back end cannot serve this call: it refused the session, or broke its own protocol. Its connection is given
    /// up; the call falls back.
    virtual void fail(std::string_view why) = 0;

    /// Something for logs, events and counters.
    virtual void report(dialect_report what) = 0;

  protected:
    dialect_output() = default;
    /// For derived classes that are values.
    dialect_output(const dialect_output&) = default;
    /// For derived classes that are values.
    dialect_output& operator=(const dialect_output&) = default;
};

} // namespace audiosocket::gateway
