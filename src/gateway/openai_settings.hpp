// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "gateway/payload_format.hpp"

#include <boost/json/object.hpp>

#include <string>

namespace audiosocket::gateway {

/// The session set-up of the dialect `openai`.
struct openai_settings {
    boost::json::object session; ///< As it is sent, with the defaults filled in.
    payload_format caller;       ///< Audio of the caller.
    payload_format agent;        ///< Audio of the agent.
    bool interrupts = true;      ///< Whether the service stops its answer when the caller begins to speak.
    std::string greeting;        ///< What the agent is to say first; empty: it waits for the caller.
};

/// Reads a session set-up. Throws std::invalid_argument, which says what is wrong, where, and what to do.
openai_settings read_openai_settings(boost::json::object session);

} // namespace audiosocket::gateway
