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
/// How it works: the name, the type and the valid values of a setting come from the verb's options. So every option can
/// be set everywhere, and there is no second table. After CLI11 has read the command line, and before it checks which
/// options need or exclude which, the hook of `--config` adds the values that the command line does not have. Mistakes
/// are collected until throw_if_wrong().
///
/// If two options exclude each other, the one from the higher layer wins: `--tone` on the command line replaces `play`
/// in a file. It is a mistake only if both are in one layer.

namespace audiosocket::app {

class settings {
  public:
    /// Adds `--config`, `--check-config` and `--print-config` to the verb. Must be called before any other option is
    /// added, because CLI11 handles options in that order. The type names of the other options say what they take: `N`
    /// a whole number; `SECONDS` and `HZ` a number; `FILE` and `DIR` a path, which in a file is relative to that file;
    /// flags a boolean; everything else text. Both must live until the command line has been parsed.
    explicit settings(CLI::App& verb);
    settings(const settings&) = delete;
    settings& operator=(const settings&) = delete;

    /// Return whether the settings are only checked (`--check-config`), and whether they are printed
    /// (`--print-config`).
    bool check_only() const noexcept { return check_only_; }
    bool print_only() const noexcept { return print_only_; }

    /// Adds a mistake in the value of this option ("--listen"), in whichever layer it is.
    void add_mistake(const std::string& option, exit_code code, const std::string& what);

    /// Runs the action; an exception becomes a mistake of this option.
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

    /// Throws a failure with all mistakes, a line each, if there are any.
    void throw_if_wrong() const;

    /// Marks an option whose new value a running server adopts when the settings are read again; other options need a
    /// restart. Called when the option is added; returns the option.
    CLI::Option* reloadable(CLI::Option* option);

    /// Returns the values in effect. Options that are not set and have no default are left out.
    settings_by_name values() const;

    /// Returns them as a file that can be read again, with the place of each value. Throws a failure if a value is not
    /// UTF-8, as the path of a file can be.
    std::string as_toml() const;

    /// Returns warnings about possible mistakes, a line each: variables whose names are similar to an option.
    std::vector<std::string> remarks() const;

    /// Returns the path of the file, empty if there is none.
    const std::filesystem::path& file() const noexcept { return file_; }

  private:
    enum class layer { command_line, environment, file }; // the first layer with a value wins

    /// Where a value was given, for messages.
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
    std::map<const CLI::Option*, place> places_; // of each option with a value
    std::set<const CLI::Option*> reloadable_;
    std::set<const CLI::Option*> displaced_; // had a value that a value from a higher layer excludes
    std::vector<mistake> mistakes_;
};

} // namespace audiosocket::app
