// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "daemon/daemon_options.hpp"
#include "daemon/directory_options.hpp"
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
/// A verb derives from this class, adds the options of its calls, then add_daemon_options(), and makes a call_factory
/// of its own options (complete()). This class has all other options: where to listen, which callers are allowed and
/// how many, recordings, the admin address, the log, and how the process ends. The object must live until the command
/// line is parsed.
class daemon_verb {
  public:
    daemon_verb(const daemon_verb&) = delete;
    daemon_verb& operator=(const daemon_verb&) = delete;
    virtual ~daemon_verb() = default;

    CLI::App& verb() noexcept { return verb_; }

    /// Returns the options for the daemon: loads files, and checks everything that can be checked before the first
    /// call. Throws a failure with all mistakes, a line for each.
    daemon_options prepare();

    /// If the command line asks for something other than answering calls, does that and returns the exit code.
    /// Otherwise returns nothing. Throws as prepare().
    virtual std::optional<exit_code> run_instead() { return std::nullopt; }

    /// If the command line asks for it, checks the settings, or prints them, and returns true. Throws as prepare().
    bool only_looks();

  protected:
    /// Adds the verb itself, and the options that choose settings.
    daemon_verb(CLI::App& command, const std::string& name, const std::string& description);

    void add_daemon_options();

    settings& said() noexcept { return said_; }

    /// Fills in the verb's own options. Mistakes in them are added to `said()`.
    virtual void complete(daemon_options& options) = 0;

  private:
    CLI::App& verb_;
    settings said_;

    // Optional, because an empty value that was given is a mistake.
    std::optional<std::string> record_;
    std::optional<std::string> admin_;
    std::optional<std::string> admin_token_file_;
    std::optional<std::string> agent_check_;
    std::string listen_ = "0.0.0.0:9092";
    std::string input_ = "auto";
    std::vector<std::string> allow_;
    std::vector<std::string> proxies_;
    std::string log_format_ = "text";
    double id_timeout_s_ = 5;
    double idle_timeout_s_ = 0;
    std::size_t record_memory_mib_ = record_memory_bytes_default >> 20;
    double drain_timeout_s_ = std::chrono::duration<double>(daemon_options{}.drain_timeout).count();
    double drain_notice_s_ = std::chrono::duration<double>(daemon_options{}.drain_notice).count();
    directory_options directory_;
    daemon_options options_;
};

/// Creates the verb on this command.
using daemon_verb_maker = std::function<std::unique_ptr<daemon_verb>(CLI::App& command)>;

/// Adds a verb that answers calls. If the command line has the verb, parsing runs the daemon, which reads the settings
/// again from the same `arguments` on SIGHUP.
void add_daemon_verb(CLI::App& command, exit_code& result, std::vector<const char*> arguments, daemon_verb_maker make);

} // namespace audiosocket::app
