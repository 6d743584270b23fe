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
    none,   ///< The dialect has no key of its own; use a header.
    bearer, ///< `Authorization: Bearer KEY`
    token,  ///< `Authorization: Token KEY`
    xi_key, ///< `xi-api-key: KEY`
    query,  ///< `?key=KEY` in the address.
};

/// What is the same for all calls of a dialect.
struct dialect_traits {
    /// As on the command line: "twilio".
    std::string_view name;
    /// One line for people: which services speak it.
    std::string_view speakers;
    /// Offered in the WebSocket handshake; empty: none.
    std::string_view subprotocol;
    /// How the API key is sent.
    key_place key = key_place::none;
    /// Whether the back end sends audio at the pace of real time (call_options::live), rather than ahead of it.
    bool live = false;
};

/// What the connection's end means for the call.
enum class after_close {
    hang_up,   ///< The back end has ended the call in order: hang up when all is played.
    fail,      ///< The back end is lost: fall back.
    reconnect, ///< The dialect can go on in another connection.
};

/// What a dialect is made of.
struct dialect_options {
    /// The call.
    call_context context;
    /// The session set-up of a vendor's dialect as a JSON object, with its variables replaced; empty: none. It has
    /// passed check_session().
    std::string session;
    /// Unique for each call: the stream id of twilio and others. 32 hex digits.
    std::string stream_id;
};

/// One call in the language of its back end: turns the back end's messages into what the call is to do, and the call's
/// events into messages. No socket and no clock: *give it what happened, and do what it asks of the output*.
///
/// A message that it does not know or cannot read is ignored and reported. Input of any kind never throws.
class AUDIOSOCKET_EXPORT dialect {
  public:
    virtual ~dialect() = default;
    dialect(const dialect&) = delete;
    dialect& operator=(const dialect&) = delete;

    /// The rate at which caller_audio() takes samples, in Hz. Final when ready() is called: some services say it only
    /// then, and this is a guess before.
    virtual int caller_rate_hz() const noexcept = 0;

    // --- From the back end ---

    /// The connection is open. Called again after each reconnect().
    virtual void opened(time_point now, dialect_output& out) = 0;

    /// A text message has arrived. It is valid UTF-8.
    virtual void text(std::string_view message, time_point now, dialect_output& out) = 0;

    /// A binary message has arrived.
    virtual void binary(std::span<const std::byte> message, time_point now, dialect_output& out) = 0;

    /// The back end has closed the connection, with this code of RFC 6455 (1005: none, 1006: the connection failed).
    /// The default: 1000, 1001 and 1005 are an orderly end, all others a failure.
    virtual after_close closed(std::uint16_t code, std::string_view reason);

    // --- From the call ---

    /// Audio of the caller, in order: mono, at caller_rate_hz(), in pieces of any length. Called only after ready().
    /// `at` is when its first sample arrived.
    virtual void caller_audio(std::span<const std::int16_t> samples, time_point at, dialect_output& out) = 0;

    /// The caller pressed a key. Called only after ready().
    virtual void caller_digit(char digit, time_point at, dialect_output& out) = 0;

    /// A mark was reached.
    virtual void played(const played_event& what, dialect_output& out) = 0;

    /// A mark was cleared, or audio behind the last one.
    virtual void cleared(const cleared_event& what, dialect_output& out) = 0;

    /// The call is over. The connection is closed in order behind what this sends.
    virtual void call_ended(dialect_output& out) = 0;

    /// Whether the connection may be closed after call_ended(). False while the back end has to confirm the end first:
    /// messages still go to text(), for a few seconds at most. The default: true.
    virtual bool may_close() const noexcept;

    // --- From the application ---

    /// The result of a function that the back end asked for (dialect_report::tool_call), as text or JSON. Does nothing
    /// in dialects without functions.
    virtual void tool_result(std::string_view id, std::string_view result, bool is_error, dialect_output& out);

    // --- Time ---

    /// When tick() is to be called; time_point::max() if never.
    virtual time_point deadline() const noexcept;

    /// The deadline has passed.
    virtual void tick(time_point now, dialect_output& out);

  protected:
    dialect() = default;
};

/// Returns the dialects that there are, in the order of the documentation.
AUDIOSOCKET_EXPORT std::span<const dialect_traits> dialects() noexcept;

/// Returns the dialect of this name, or null.
AUDIOSOCKET_EXPORT const dialect_traits* find_dialect(std::string_view name) noexcept;

/// Checks the session set-up of a dialect before the first call: `session` is a JSON object, or empty for none. Its
/// variables need not be replaced. Throws std::invalid_argument, which says what is wrong, where, and what to do.
AUDIOSOCKET_EXPORT void check_session(const dialect_traits& which, std::string_view session);

/// Makes the dialect for a call. Throws std::invalid_argument as check_session().
AUDIOSOCKET_EXPORT std::unique_ptr<dialect> make_dialect(const dialect_traits& which, dialect_options options);

} // namespace audiosocket::gateway
