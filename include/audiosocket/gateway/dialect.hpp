// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <audiosocket/call/event.hpp>
#include <audiosocket/gateway/call_context.hpp>
#include <audiosocket/gateway/dialect_output.hpp>

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace audiosocket::gateway {

/// How the API key of a service is sent.
enum class key_place {
    none,   ///< The dialect does not say how; send the key in a header of your own.
    bearer, ///< `Authorization: Bearer KEY`
    token,  ///< `Authorization: Token KEY`
    xi_key, ///< `xi-api-key: KEY`
    query,  ///< `?key=KEY` in the address.
};

/// The properties of a dialect, which are the same for all its calls.
struct dialect_traits {
    /// The name, as on the command line: "twilio".
    std::string_view name;
    /// One line for people: which services use the dialect.
    std::string_view speakers;
    /// The subprotocol that is offered in the WebSocket handshake; empty: none.
    std::string_view subprotocol;
    /// How the API key is sent.
    key_place key = key_place::none;
    /// Whether the back end sends audio in real time (call_options::live) and not ahead of it.
    bool live = false;
};

/// What the end of a connection means for the call.
enum class after_close {
    hang_up,   ///< The back end has ended the call: hang up when all is played.
    fail,      ///< The back end has failed: use the fallback.
    reconnect, ///< The dialect can continue on another connection.
};

/// The options of a dialect for one call.
struct dialect_options {
    /// What is known of the call.
    call_context context;
    /// The session set-up of a vendor's dialect: a JSON object with its variables replaced, which has passed
    /// check_session(). Empty: none.
    std::string session;
    /// The stream id of twilio and other dialects: 32 hex digits, unique for each call.
    std::string stream_id;
};

/// Translates one call into the WebSocket protocol of its back end. It turns messages of the back end into actions of
/// the call, and events of the call into messages. It has no socket and no clock: *pass it what happened, and do what
/// it requests from the output*.
///
/// It ignores and reports messages that it does not know or cannot read. No input makes it throw. Not thread-safe.
class AUDIOSOCKET_EXPORT dialect {
  public:
    virtual ~dialect() = default;
    dialect(const dialect&) = delete;
    dialect& operator=(const dialect&) = delete;

    /// Returns the rate at which caller_audio() takes samples, in Hz. It is final when dialect_output::ready() is
    /// called. Before that it is a guess, because some services say it late.
    virtual int caller_rate_hz() const noexcept = 0;

    // --- From the back end ---

    /// Called when the connection is open, also after each dialect_output::reconnect().
    virtual void opened(time_point now, dialect_output& out) = 0;

    /// Called when a text message has arrived. It is valid UTF-8.
    virtual void text(std::string_view message, time_point now, dialect_output& out) = 0;

    /// Called when a binary message has arrived.
    virtual void binary(std::span<const std::byte> message, time_point now, dialect_output& out) = 0;

    /// Called when the back end has closed the connection, with this code of RFC 6455 (1005: none, 1006: the connection
    /// failed). Returns what that means for the call. By default 1000, 1001 and 1005 are the end of the call, all
    /// others a failure.
    virtual after_close closed(std::uint16_t code, std::string_view reason);

    // --- From the call ---

    /// Called with audio of the caller, in order: mono, at caller_rate_hz(), in pieces of any length. `at` is when its
    /// first sample arrived. Called only after dialect_output::ready().
    virtual void caller_audio(std::span<const std::int16_t> samples, time_point at, dialect_output& out) = 0;

    /// Called when the caller has pressed a key, only after dialect_output::ready().
    virtual void caller_digit(char digit, time_point at, dialect_output& out) = 0;

    /// Called when a mark was reached.
    virtual void played(const played_event& what, dialect_output& out) = 0;

    /// Called when a mark was cleared, or audio behind the last mark.
    virtual void cleared(const cleared_event& what, dialect_output& out) = 0;

    /// Called when the call has ended. The connection is closed after the messages that this sends.
    virtual void call_ended(dialect_output& out) = 0;

    /// Returns whether the connection may be closed after call_ended(). If the back end has to confirm the end first,
    /// returns false until then: text() still gets messages, for a few seconds at most. By default true.
    virtual bool may_close() const noexcept;

    // --- From the application ---

    /// Called with the result of a function that the back end requested (dialect_report::tool_call), as text or JSON.
    /// Has no effect in dialects without functions.
    virtual void tool_result(std::string_view id, std::string_view result, bool is_error, dialect_output& out);

    // --- Time ---

    /// Returns when tick() is to be called, or time_point::max() if never.
    virtual time_point deadline() const noexcept;

    /// Called when the deadline has passed.
    virtual void tick(time_point now, dialect_output& out);

  protected:
    dialect() = default;
};

/// Returns all dialects, in the order of the documentation. Valid for the life of the process.
AUDIOSOCKET_EXPORT std::span<const dialect_traits> dialects() noexcept;

/// Returns the dialect with this name, or null.
AUDIOSOCKET_EXPORT const dialect_traits* find_dialect(std::string_view name) noexcept;

/// Checks the session set-up of a dialect before the first call. `session` is a JSON object, or empty for none. Its
/// variables need not be replaced. Throws std::invalid_argument, which says what is wrong, where, and what to do.
AUDIOSOCKET_EXPORT void check_session(const dialect_traits& which, std::string_view session);

/// Makes the dialect of a call. Throws std::invalid_argument as check_session() does.
AUDIOSOCKET_EXPORT std::unique_ptr<dialect> make_dialect(const dialect_traits& which, dialect_options options);

} // namespace audiosocket::gateway
