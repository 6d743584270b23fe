// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "settings/settings.hpp"

#include <optional>
#include <string>

namespace audiosocket::app {

struct daemon_options;

/// The options about the cluster that a process belongs to.
class directory_options {
  public:
    void add(CLI::App& verb, settings& said);

    /// Fills in daemon_options::cluster and advertise. What is wrong becomes a mistake of `said`.
    void complete(settings& said, daemon_options& options) const;

  private:
    std::optional<std::string> directory_;
    std::optional<std::string> node_;
    std::optional<std::string> advertise_;
    std::string bucket_ = "audiosocket";
    double lease_s_ = 15;
    std::optional<std::string> ca_;
    std::optional<std::string> certificate_;
    std::optional<std::string> key_;
    std::optional<std::string> credentials_;
    std::optional<std::string> login_file_;
    std::optional<std::string> login_env_;
};

} // namespace audiosocket::app
