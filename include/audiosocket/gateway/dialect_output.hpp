// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <audiosocket/export.hpp>

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

namespace audiosocket::gateway {

/// When to hang up a call that its back end has ended.
enum class hang_up_time {
    now,         ///< At once. Queued audio is dropped.
    when_played, ///< When all queued audio has been played, so that a goodbye is not cut off.
};

/// What a dialect reports for logs, events and counters.
struct dialect_report {
    /// The kinds of reports.
    enum class type {
        transcript,     ///< Spoken words: `who` is "caller" or "agent", `text` is what they said.
        tool_call,      ///< The back end requests a function: `id`, `name`, and its arguments as JSON in `text`.
        tool_cancelled, ///< The back end no longer needs the result of the function `id`.
        warning,        ///< The back end reports a mistake, and the session continues: `name` is its code.
        ignored,        ///< The dialect does not know a message, or cannot read it: `text` says why.
    };

    type what = type::ignored; ///< The kind of this report.
    std::string who{};         ///< The speaker, of a transcript.
    std::string id{};          ///< The id of the function call, of a tool.
    std::string name{};        ///< The name of the function, the code of the warning, or the type of the message.
    std::string text{};        ///< The words, the arguments, or the explanation.
};

/// The actions that a dialect can request. The bridge performs or queues them in the order of the calls. No function
/// here calls the dialect.
class AUDIOSOCKET_EXPORT dialect_output {
  public:
    virtual ~dialect_output() = default;

    // --- To the back end ---

    /// Sends a text message.
    virtual void send_text(std::string_view message) = 0;

    /// Sends a binary message.
    virtual void send_binary(std::span<const std::byte> message) = 0;

    /// Closes this connection and opens another. dialect::opened() follows when it is open. The caller's audio is kept
    /// meanwhile, and the playout queue stays as it is.
    virtual void reconnect() = 0;

    // --- To the call ---

    /// Reports that the session is set up, and that the back end takes the caller's audio from now on. Called once for
    /// each connection.
    virtual void ready() = 0;

    /// Queues audio for playing: mono, at any rate from 4,000 to 768,000 Hz. Returns false if the queue is full; the
    /// audio is dropped then.
    virtual bool play(std::span<const std::int16_t> samples, int rate_hz) = 0;

    /// Queues a mark behind the queued audio. dialect::played() follows when all audio before it has been sent, or
    /// dialect::cleared() if it was cleared.
    virtual void mark(std::string_view name) = 0;

    /// Empties the queue, and stops playing within a frame. dialect::cleared() follows for each pending mark, and once
    /// with an empty name for audio behind the last mark.
    virtual void clear() = 0;

    /// Hangs up the call, for this reason.
    virtual void hang_up(hang_up_time when, std::string_view why) = 0;

    // --- To the operator ---

    /// Reports that the back end cannot serve this call, because it refused the session or broke its own protocol. The
    /// connection is closed, and the fallback takes the call.
    virtual void fail(std::string_view why) = 0;

    /// Reports something for logs, events and counters.
    virtual void report(dialect_report what) = 0;

  protected:
    dialect_output() = default;
    /// For derived classes that are values.
    dialect_output(const dialect_output&) = default;
    /// For derived classes that are values.
    dialect_output& operator=(const dialect_output&) = default;
};

} // namespace audiosocket::gateway
