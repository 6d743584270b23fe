// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "admin/call_directory.hpp"
#include "admin/more_metrics.hpp"

#include <audiosocket/net/address.hpp>

#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace audiosocket::app::admin {

struct admin_options {
    std::optional<address> listen; ///< Nothing: there is no admin address.
    std::string token;             ///< What whoever asks has to know; empty: nothing.

    /// What is known of calls before they arrive; null: the address takes no announcements. A verb makes it once, not
    /// again when the settings are read again, because calls that were announced would be lost.
    std::shared_ptr<call_directory> directory = nullptr;

    /// Metrics of the verb; null: none. They have to count on when the settings are read again.
    more_metrics verb_metrics = nullptr;
};

/// Where the address is, from HOST:PORT. Throws failure (usage) for what is none, and for one that others can reach
/// while there is no token.
address read_address(const std::string& text, bool with_token);

/// The token in this file. Throws failure (file) where it cannot be read, or holds no good token.
std::string read_token(const std::filesystem::path& file);

/// Returns warnings about a token that is valid: the mode of its file lets other users read or change it, or it is easy
/// to guess. Each in one line.
std::vector<std::string> token_remarks(const std::filesystem::path& file, const std::string& token);

} // namespace audiosocket::app::admin
