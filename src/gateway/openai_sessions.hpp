// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <string_view>

namespace audiosocket::gateway {

/// Sessions of openai and openai-live that expire sooner are not continued, because the next would expire at once too.
/// Those of the service last 60 minutes.
inline constexpr std::chrono::minutes session_life_min{1};

/// Errors of both dialects after which no message helps. After all others the session stays open, as the vendor says.
inline constexpr std::string_view fatal_codes[]{"invalid_api_key", "insufficient_quota", "account_deactivated"};

} // namespace audiosocket::gateway
