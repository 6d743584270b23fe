// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "gateway/gateway_plan.hpp"
#include "settings/settings.hpp"

#include <atomic>
#include <cstddef>
#include <memory>
#include <optional>
#include <string>

namespace audiosocket::app::gateway {

/// What stays of the hooks when the settings are read again.
struct kept_hooks {
    std::shared_ptr<status_sender> sender = std::make_shared<status_sender>();
    std::shared_ptr<std::atomic<std::size_t>> tools_in_progress = tool_plan().in_progress;
};

/// The options that say which web servers hear of calls, and call functions.
class hook_options {
  public:
    void add(CLI::App& verb, settings& said);

    /// Fills in the plan, whose `tls` is loaded. What is wrong becomes a mistake of `said`.
    void complete(settings& said, const kept_hooks& kept, gateway_plan& plan) const;

    /// Returns how many connections to web servers there may be at the same time.
    std::size_t files() const;

  private:
    std::optional<std::string> status_url_;
    std::optional<std::string> secret_file_;
    std::optional<std::string> tool_url_;
    double tool_timeout_s_ = 10;
};

} // namespace audiosocket::app::gateway
