// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <boost/json/object.hpp>

#include <string>
#include <string_view>

namespace audiosocket::gateway {

/// The session set-up of the dialect `gemini`.
struct gemini_settings {
    boost::json::object setup; ///< As it is sent, with the defaults filled in.
    std::string greeting;      ///< What the agent is to say first; empty: it waits for the caller.
};

/// Reads a session set-up: the service's "setup" object, or an object that has it at "setup". Field names may be in
/// both styles of the service (sessionResumption, session_resumption). Throws std::invalid_argument, which says what is
/// wrong, where, and what to do.
gemini_settings read_gemini_settings(boost::json::object session);

/// Returns the first message of a connection: the set-up, and the handle of the session that it continues (empty: a new
/// session).
std::string gemini_setup_message(const gemini_settings& settings, std::string_view handle);

/// Returns the sample rate of a type like "audio/pcm;rate=24000"; `fallback_hz` if it names none. Returns 0 if it is
/// not linear audio, or the rate is outside of 4,000 to 192,000 Hz.
int pcm_rate_of(std::string_view mime_type, int fallback_hz);

} // namespace audiosocket::gateway
