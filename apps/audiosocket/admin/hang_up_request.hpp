// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "admin/message.hpp"

#include <audiosocket/protocol/uuid.hpp>

#include <optional>
#include <string>

namespace audiosocket::app::admin {

/// How bots that are made for Twilio's interface hang up, where their base address can be set:
/// POST /2010-04-01/Accounts/ACCOUNT/Calls/CALL.json with the form `Status=completed`. CALL is "CA" and the 32 hex
/// digits of the call's id, as the dialect twilio names it. ACCOUNT may be anything: the token is the password of HTTP
/// Basic (guard). What is queued is played first.
struct hang_up_request {
    std::string account;
    std::string call;       ///< As it was given.
    std::optional<uuid> id; ///< Nothing: `call` cannot be the name of a call here.

    /// Reads the path of a request; nothing where it is not of this interface.
    static std::optional<hang_up_request> read(const std::string& path);

    /// Returns what is wrong with this body, as a response; nothing where it asks to hang up.
    static std::optional<response> objection(const std::string& body);

    /// The response when the call is being hung up.
    response hung_up() const;

    /// The response where no such call is in progress. Bots take its code for "has ended already".
    response not_found() const;
};

} // namespace audiosocket::app::admin
