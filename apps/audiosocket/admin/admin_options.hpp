// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <audiosocket/net/address.hpp>

#include <filesystem>
#include <optional>
#include <string>

namespace audiosocket::app::admin {

struct admin_options {
    std::optional<address> listen; ///< Nothing: there is no admin address.
    std::string token;             ///< What whoever asks has to know; empty: nothing.
};

/// Where the address is, from HOST:PORT. Throws failure (usage) for what is none, and for one that others can reach
/// while there is no token.
address read_address(const std::string& text, bool with_token);

/// The token in this file. Throws failure (file) where it cannot be read, or holds no good token.
std::string read_token(const std::filesystem::path& file);

} // namespace audiosocket::app::admin
