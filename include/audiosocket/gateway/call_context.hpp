// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <audiosocket/protocol/uuid.hpp>

#include <map>
#include <string>

namespace audiosocket::gateway {

/// What a back end learns about a call besides its audio. AudioSocket carries only the id; the rest was announced by
/// the dialplan, or is empty.
struct call_context {
    /// The call's id, as the dialplan chose it. Not unique: see uuid.
    uuid id;
    /// The caller's number or address; empty if not announced.
    std::string from;
    /// The number or extension that was called; empty if not announced.
    std::string to;
    /// Everything else that was announced, as text by name. Values that are not text are JSON.
    std::map<std::string, std::string> parameters;
};

} // namespace audiosocket::gateway
