// SPDX-License-Identifier: Apache-2.0
#include <audiosocket/call/event.hpp>

namespace audiosocket {

std::string_view name(end_reason reason) noexcept {
    switch (reason) {
    case end_reason::none: return "not ended";
    case end_reason::peer_hung_up: return "peer hung up";
    case end_reason::peer_reset: return "peer reset the connection";
    case end_reason::hung_up: return "hung up";
    case end_reason::protocol_violation: return "protocol violation";
    case end_reason::peer_error: return "peer sent an error";
    case end_reason::timed_out: return "timed out";
    case end_reason::connection_failed: return "connection failed";
    case end_reason::never_started: return "never started";
    }
    return "unknown";
}

} // namespace audiosocket
