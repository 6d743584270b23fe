// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "gateway/context_directory.hpp"
#include "gateway/early_calls.hpp"
#include "gateway/gateway_plan.hpp"
#include "settings/settings.hpp"

#include <cstddef>
#include <memory>
#include <optional>
#include <string>

namespace audiosocket::app {
struct daemon_options;
}

namespace audiosocket::app::gateway {

/// What stays of the announced calls when the settings are read again.
struct kept_contexts {
    std::shared_ptr<context_directory> announced; // once the settings were good
    std::shared_ptr<early_calls> early = std::make_shared<early_calls>();
};

/// The options about calls that are announced before they arrive.
class context_options {
  public:
    void add(CLI::App& verb, settings& said);

    /// Fills in the plan and the options of the daemon. What is wrong becomes a mistake of `said`.
    void complete(settings& said, kept_contexts& kept, const std::shared_ptr<gateway_plan>& plan,
                  daemon_options& options) const;

  private:
    bool require_context_ = false;
    double context_timeout_s_ = 0;
    std::size_t dial_early_ = 0;
};

} // namespace audiosocket::app::gateway
