// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "diagnosis/finding.hpp"

#include <audiosocket/call/event.hpp>
#include <audiosocket/net/listener_options.hpp>

#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace audiosocket::app {

/// Why a connection was refused, and which option to look at: "over --max-calls".
std::string_view refusal_text(refusal why);

/// How many connections were refused for which reasons.
std::string refusal_counts(const refusals& sum);

/// Why a connection did not become a call: what its bytes show, or else how it ended and with which bytes. To be
/// written behind the name of the peer.
std::string no_call_text(const ended_event& why, std::span<const std::byte> first_bytes,
                         const std::optional<diagnosis::finding>& found);

} // namespace audiosocket::app
