// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "gateway/gateway_plan.hpp"
#include "settings/settings.hpp"
#include "tape/tape_store.hpp"

#include <memory>
#include <optional>
#include <string>

namespace audiosocket::app::gateway {

/// The options that keep tapes, and replay one.
class tape_options {
  public:
    void add(settings& said, CLI::App& verb);

    /// Says in the plan where calls are taped. `tapes` is kept when the settings are read again.
    void complete(settings& said, std::shared_ptr<tape::tape_store>& tapes, gateway_plan& plan) const;

    /// The tape to replay instead of answering calls.
    const std::optional<std::string>& replay() const noexcept { return replay_; }

  private:
    std::optional<std::string> tape_;
    std::optional<std::string> replay_;
};

} // namespace audiosocket::app::gateway
