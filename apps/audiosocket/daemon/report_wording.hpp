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

/// Returns why a connection was refused, with the option to check: "over --max-calls".
std::string_view refusal_text(refusal why);

/// Returns why the first of these connections was refused, with its details.
std::string refusal_cause(const refusals& sum);

/// Returns how many connections were refused for which reasons.
std::string refusal_counts(const refusals& sum);

/// Returns why a connection did not become a call: a diagnosis of its bytes, or else how it ended and its first bytes.
/// Written after the name of the peer.
std::string no_call_text(const ended_event& why, std::span<const std::byte> first_bytes,
                         const std::optional<diagnosis::finding>& found);

} // namespace audiosocket::app
