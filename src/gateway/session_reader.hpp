// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "gateway/payload_format.hpp"

#include <boost/json/object.hpp>

#include <span>
#include <string>
#include <string_view>

/// Functions that read a session set-up, which a person wrote. All throw std::invalid_argument, which says where the
/// mistake is, what is wrong, and what to do.
namespace audiosocket::gateway {

/// Throws std::invalid_argument with the text "session set-up: " + what.
[[noreturn]] void refuse_set_up(const std::string& what);

/// Returns the object at the dotted path, or null if there is none. Throws if something on the path is not an object.
const boost::json::object* set_up_object(const boost::json::object& session, std::string_view path);

/// Returns the object at the dotted path, and makes it if it is missing. The path has passed set_up_object().
boost::json::object& made_object(boost::json::object& session, std::string_view path);

/// Removes and returns "greeting" from the set-up: what the agent is to say first; empty if there is none. Only the
/// gateway has this field, no service has.
std::string take_greeting(boost::json::object& session);

/// Reads an audio format in the style of OpenAI: {"type": "audio/pcm", "rate": 24000}. `path` is where it is. A missing
/// format becomes linear audio at the last of `pcm_rates`. With `rate_always`, "rate" is written for G.711 too;
/// otherwise it must not be there.
payload_format read_openai_format(boost::json::object& session, std::string_view path, std::span<const int> pcm_rates,
                                  bool rate_always);

} // namespace audiosocket::gateway
