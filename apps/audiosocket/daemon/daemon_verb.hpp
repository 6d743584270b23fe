// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "daemon/daemon_options.hpp"
#include "settings/settings.hpp"

#include <CLI/CLI.hpp>

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace audiosocket::app {

/// The options of a verb that answers calls, read once from command line, environment and file.
///
/// A verb derives from this, adds the options that say what happens in a call, then add_daemon_options(), and turns its
/// own into a call_factory (complete()). All others are here: where to listen, who may call and how many, recordings,
/// the admin address, the log, and how the process ends. The object must live until the command line is parsed.
class daemon_verb {
  public:
    daemon_verb(const daemon_verb&) = delete;
    daemon_verb& operator=(const daemon_verb&) = delete;
    virtual ~daemon_verb() = default;

    CLI::App& verb() noexcept { return verb_; }

    /// Returns the options for the daemon: checks what can be checked before the first call, and loads files. Throws a
    /// failure with all mistakes, a line each.
    daemon_options prepare();

    /// Does something else with the settings than to answer calls, where the command line asks for that, and returns
    /// the exit code. Returns nothing otherwise. Throws as prepare().
    virtual std::optional<exit_code> run_instead() { return std::nullopt; }

    /// Only checks the settings, or prints them, where the command line asks for that: true. Throws as prepare().
    bool only_looks();

  protected:
    /// Adds the verb itself, and what settings have.
    daemon_verb(CLI::App& command, const std::string& name, const std::string& description);

    void add_daemon_options();

    settings& said() noexcept { return said_; }

    /// Fills in what the verb's own options say. What is wrong with them becomes a mistake of `said()`.
    virtual void complete(daemon_options& options) = 0;

  private:
    CLI::App& verb_;
    settings said_;

    // A value that is empty although it was given is a mistake, so these are optional.
    std::optional<std::string> record_;
    std::optional<std::string> admin_;
    std::optional<std::string> admin_token_file_;
    std::string listen_ = "0.0.0.0:9092";
    std::string input_ = "auto";
    std::vector<std::string> allow_;
    std::string log_format_ = "text";
    double id_timeout_s_ = 5;
    double idle_timeout_s_ = 0;
    std::size_t record_memory_mib_ = record_memory_bytes_default >> 20;
    double drain_timeout_s_ = std::chrono::duration<double>(daemon_options{}.drain_timeout).count();
    daemon_options options_;
};

/// Makes the verb on this command.
using daemon_verb_maker = std::function<std::unique_ptr<daemon_verb>(CLI::App& command)>;

/// Adds a verb that answers calls: when it was asked for, parsing runs the daemon, which reads the settings again from
/// the same `arguments` on SIGHUP.
void add_daemon_verb(CLI::App& command, exit_code& result, std::vector<const char*> arguments, daemon_verb_maker make);

} // namespace audiosocket::app
