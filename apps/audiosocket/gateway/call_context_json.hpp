// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <audiosocket/gateway/call_context.hpp>

#include <stdexcept>
#include <string>
#include <string_view>

namespace audiosocket::app::gateway {

/// An announcement is neither a JSON object nor a form; the text says what is wrong and where.
class invalid_context : public std::runtime_error {
  public:
    using std::runtime_error::runtime_error;
};

/// Reads what was announced of a call, and returns it as the text of a JSON object.
///
/// A body that begins with `{` is that object, whatever its type. A body of the type application/x-www-form-urlencoded
/// may be a form instead, NAME=VALUE&NAME=VALUE: the dialplan can make that of any text with URIENCODE(), and has
/// nothing that makes JSON of a text with quotes. Throws invalid_context.
std::string read_context(std::string_view body, std::string_view type);

/// Turns an object that read_context() returned into what a dialect gets.
///
/// `from` is the member "from", else "caller", else "callerid". `to` is the member "to", else "called", else "exten".
/// All other members become parameters: text as it is, anything else as JSON. `null` is the same as no member.
audiosocket::gateway::call_context to_call_context(const uuid& id, std::string_view object);

} // namespace audiosocket::app::gateway
