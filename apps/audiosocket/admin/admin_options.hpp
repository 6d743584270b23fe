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

namespace audiosocket::app::directory {
class cluster_node;
}

namespace audiosocket::app::admin {

struct admin_options {
    std::optional<address> listen; ///< Nothing: no admin address.
    std::string token;             ///< What clients have to send; empty: nothing.

    /// The calls that were announced before they arrive; null: the address takes no announcements. A verb creates it
    /// once, and keeps it when the settings are read again, because announced calls would be lost.
    std::shared_ptr<call_directory> directory = nullptr;

    /// This process as a node of its cluster; null: none.
    std::shared_ptr<directory::cluster_node> cluster = nullptr;

    /// Metrics of the verb; null: none. Their counters must survive a reload of the settings.
    more_metrics verb_metrics = nullptr;
};

/// Returns the address in HOST:PORT. Throws failure (usage) if it is not an address, or if others can reach it and
/// there is no token.
address read_address(const std::string& text, bool with_token);

/// Returns the token in this file. Throws failure (file) if the file cannot be read, or its token is not valid.
std::string read_token(const std::filesystem::path& file);

/// Returns warnings about a valid token, each in one line: the mode of its file lets other users read or change it, or
/// the token is easy to guess.
std::vector<std::string> token_remarks(const std::filesystem::path& file, const std::string& token);

} // namespace audiosocket::app::admin
