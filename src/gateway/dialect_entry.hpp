// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <audiosocket/gateway/dialect.hpp>

#include <boost/json/object.hpp>

namespace audiosocket::gateway {

/// The entry of a dialect in the table of dialects.
struct dialect_entry {
    dialect_traits traits;

    /// Checks a session set-up (null if there is none). Throws std::invalid_argument.
    void (*check)(const boost::json::object* session);

    /// Makes the dialect of a call. `session` is empty if there is none, and has passed `check` otherwise.
    std::unique_ptr<dialect> (*make)(call_context context, boost::json::object session, std::string stream_id);
};

// The entries. Each is defined with its dialect.
extern const dialect_entry twilio_dialect;
extern const dialect_entry openai_dialect;
extern const dialect_entry openai_live_dialect;
extern const dialect_entry pcm_dialect;
extern const dialect_entry gemini_dialect;
extern const dialect_entry deepgram_dialect;
extern const dialect_entry elevenlabs_dialect;

/// The `check` of a dialect without a session set-up.
void refuse_session(const boost::json::object* session);

} // namespace audiosocket::gateway
