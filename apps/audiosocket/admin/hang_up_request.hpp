// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "admin/message.hpp"

#include <audiosocket/protocol/uuid.hpp>

#include <optional>
#include <string>

namespace audiosocket::app::admin {

/// How a bot that was written for Twilio's interface hangs up a call, if its base address can be set: POST
/// /2010-04-01/Accounts/ACCOUNT/Calls/CALL.json with the form `Status=completed`. CALL is "CA" and the 32 hex digits of
/// the call's id, as in the dialect twilio. ACCOUNT may be anything: the token is the password of HTTP Basic (guard).
/// Queued audio is played first.
struct hang_up_request {
    std::string account;
    std::string call;       ///< As received.
    std::optional<uuid> id; ///< Nothing: `call` cannot be the name of a call.

    /// Reads the path of a request; nothing if it is not of this interface.
    static std::optional<hang_up_request> read(const std::string& path);

    /// Returns the response to a body that is wrong; nothing if the body asks to hang up.
    static std::optional<response> objection(const std::string& body);

    /// Returns the response to a hang-up that was accepted.
    response hung_up() const;

    /// Returns the response if no such call is in progress. Bots read its code as "has already ended".
    response not_found() const;
};

} // namespace audiosocket::app::admin
