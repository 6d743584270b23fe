// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <audiosocket/protocol/uuid.hpp>

#include <map>
#include <string>

namespace audiosocket::gateway {

/// What a back end gets about a call besides its audio. AudioSocket carries only the id; the rest was registered by the
/// dialplan, or is empty.
struct call_context {
    /// The id of the call, which the dialplan chose. Not unique: see uuid.
    uuid id;
    /// The caller's number or address; empty if not registered.
    std::string from;
    /// The number or extension that was called; empty if not registered.
    std::string to;
    /// All other registered values, by name. Values that are not text are JSON.
    std::map<std::string, std::string> parameters;
};

} // namespace audiosocket::gateway
