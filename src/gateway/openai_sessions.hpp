// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <string_view>

namespace audiosocket::gateway {

/// Sessions of openai and openai-live that expire sooner are not continued: they would expire again at once. The
/// service's last 60 minutes.
inline constexpr std::chrono::minutes session_life_min{1};

/// Errors of both after which no message helps. All others leave the session open, as the vendor says.
inline constexpr std::string_view fatal_codes[]{"invalid_api_key", "insufficient_quota", "account_deactivated"};

} // namespace audiosocket::gateway
