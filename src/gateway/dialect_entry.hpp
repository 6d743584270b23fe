// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <audiosocket/gateway/dialect.hpp>

#include <boost/json/object.hpp>

namespace audiosocket::gateway {

/// What the table of dialects has of each.
struct dialect_entry {
    dialect_traits traits;

    /// Checks a session set-up, which is a JSON object; null if there is none. Throws std::invalid_argument.
    void (*check)(const boost::json::object* session);

    /// Makes the dialect of a call. `session` is empty if there is none, and has passed `check` otherwise.
    std::unique_ptr<dialect> (*make)(call_context context, boost::json::object session, std::string stream_id);
};

// The entries, each beside its dialect.
extern const dialect_entry twilio_dialect;
extern const dialect_entry openai_dialect;
extern const dialect_entry openai_live_dialect;
extern const dialect_entry pcm_dialect;
extern const dialect_entry gemini_dialect;
extern const dialect_entry deepgram_dialect;
extern const dialect_entry elevenlabs_dialect;

/// `check` of a dialect that has no session set-up.
void refuse_session(const boost::json::object* session);

} // namespace audiosocket::gateway
