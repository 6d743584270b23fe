// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/failure.hpp"
#include "settings/setting_value.hpp"
#include "settings/settings_file.hpp"

#include <CLI/CLI.hpp>

#include <audiosocket/audio/sound_error.hpp>

#include <filesystem>
#include <map>
#include <set>
#include <string>
#include <vector>

/// \file
/// The options of a verb from four places: the command line, else the environment, else a file, else the default.
///
/// How it works: what a setting is called, whether it is a flag, a number or a file, and what it may be is asked of the
/// verb's options, so that every option can be set everywhere and there is no second table of them. When CLI11 has read
/// the command line, and before it checks which options need or exclude which, the hook of `--config` fills in what the
/// command line left open, as if it had been said there. What is wrong is collected until throw_if_wrong().
///
/// Where two options exclude each other, the one from the higher place wins as well: `--tone` on the command line takes
/// the place of `play` in a file. Only when both stand in one place is that a mistake.

namespace audiosocket::app {

class settings {
  public:
    /// Adds `--config`, `--check-config` and `--print-config` to the verb. To be called before any other option is
    /// added, for CLI11 handles options in that order. The type names of the others tell what they take: `N` a whole
    /// number; `SECONDS` and `HZ` a number; `FILE` and `DIR` a path, which in a file is relative to that file; flags a
    /// boolean; all else text. Both must live until the command line has been parsed.
    explicit settings(CLI::App& verb);
    settings(const settings&) = delete;
    settings& operator=(const settings&) = delete;

    /// Whether only to look (`--check-config`), and whether to show what holds (`--print-config`).
    bool check_only() const noexcept { return check_only_; }
    bool print_only() const noexcept { return print_only_; }

    /// Something is wrong with the value of this option ("--listen"), wherever it comes from.
    void add_mistake(const std::string& option, exit_code code, const std::string& what);

    /// Does this, and makes what it throws a mistake of this option.
    template <class Action>
    void attempt(const std::string& option, Action action) {
        try {
            action();
        } catch (const failure& e) {
            add_mistake(option, e.code(), e.what());
        } catch (const sound_error& e) {
            add_mistake(option, exit_code::file, e.what());
        }
    }

    /// Throws a failure with all that is wrong, a line each, if anything is.
    void throw_if_wrong() const;

    /// Says of an option that a running server takes a new value over when the settings are read again; other options
    /// need a restart. Called where the option is added; returns the option.
    CLI::Option* reloadable(CLI::Option* option);

    /// Returns the values in force. Options that are not set and that have no default are left out.
    settings_by_name values() const;

    /// The same as a file that can be read again, with where each value comes from.
    std::string as_toml() const;

    /// Remarks on what is no mistake, but may be one: variables that are nearly called as an option, a line each.
    std::vector<std::string> remarks() const;

    /// The file, empty if there is none.
    const std::filesystem::path& file() const noexcept { return file_; }

  private:
    enum class layer { command_line, environment, file }; // the first that has a value wins

    /// Where a value stands: for a person, to find it.
    struct place {
        layer from = layer::command_line;
        std::string text; // "--listen", "AUDIOSOCKET_LISTEN", "server.toml:3:10: listen"
        unsigned line = 0;
    };

    struct mistake {
        exit_code code;
        unsigned line; // of the file; 0 elsewhere
        std::string text;
    };

    void fill_in(const std::string& file);
    void take_environment();
    void take_file();
    void take_setting(const file_setting& s);
    void offer(CLI::Option& option, place from, const std::vector<std::string>& values);
    void convert_all();
    void drop_displaced();
    void check_relations();
    void complain(const place& where, exit_code code, const std::string& what);
    place file_place(const std::string& name, unsigned line, unsigned column) const;

    CLI::App& verb_;
    bool check_only_ = false;
    bool print_only_ = false;
    std::filesystem::path file_;
    std::map<const CLI::Option*, place> places_; // of what has a value
    std::set<const CLI::Option*> reloadable_;
    std::set<const CLI::Option*> displaced_; // had a value that one from a higher layer excludes
    std::vector<mistake> mistakes_;
};

} // namespace audiosocket::app
