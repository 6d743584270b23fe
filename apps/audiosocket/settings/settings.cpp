// SPDX-License-Identifier: Apache-2.0
#include "settings/settings.hpp"

#include "base/failure.hpp"
#include "base/printable.hpp"
#include "settings/option_kind.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <cstdlib>
#include <string_view>

namespace audiosocket::app {
namespace {

constexpr std::string_view variable_prefix = "AUDIOSOCKET_";

// More than a person corrects before the next try. A wrong file may have a mistake in each line.
constexpr std::size_t mistakes_shown_max = 50;

std::string variable_for(const std::string& name) {
    std::string out(variable_prefix);
    for (const char c : name)
        out += c == '-' ? '_' : static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
    return out;
}

std::vector<std::string> names_of(const std::vector<CLI::Option*>& options) {
    std::vector<std::string> out;
    for (const auto* option : options)
        out.push_back(long_name(*option));
    return out;
}

std::vector<std::string> split_at_commas(const std::string& text) {
    std::vector<std::string> out;
    for (std::size_t at = 0; at <= text.size();) {
        const auto end = std::min(text.find(',', at), text.size());
        auto one = text.substr(at, end - at);
        one.erase(0, one.find_first_not_of(' '));
        one.erase(one.find_last_not_of(' ') + 1);
        if (!one.empty()) out.push_back(std::move(one));
        at = end + 1;
    }
    return out;
}

// Reads a switch as systemd and most others do.
std::optional<std::string> switch_text(std::string text) {
    std::ranges::transform(text, text.begin(), [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
    constexpr std::array on{"1", "true", "yes", "on"};
    constexpr std::array off{"0", "false", "no", "off"};
    if (std::ranges::find(on, text) != on.end()) return "true";
    if (std::ranges::find(off, text) != off.end()) return "false";
    return std::nullopt;
}

bool is_given(const CLI::Option& option) {
    return option.count() > 0;
}

// Returns the paths as absolute paths.
std::vector<std::string> whole_paths(const CLI::Option& option, std::vector<std::string> values) {
    if (kind_of(option) != option_kind::path) return values;
    for (auto& value : values)
        if (!value.empty()) value = std::filesystem::absolute(value).string();
    return values;
}

// Returns the error of CLI11 without the name of the option, which our message has.
std::string reason(const CLI::Option& option, const CLI::ParseError& e) {
    std::string text = e.what();
    const auto name = option.get_name() + ": ";
    return in_one_form(text.starts_with(name) ? text.substr(name.size()) : text);
}

// Returns the verb with this name; nullptr if there is none.
const CLI::App* verb_called(const CLI::App& verb, const std::string& name) {
    const auto found = verb.get_parent()->get_subcommands([&](const CLI::App* one) { return one->get_name() == name; });
    return found.empty() ? nullptr : found.front();
}

// Returns whether another verb that reads settings has such an option: the top of a file may have it for that verb.
bool known_elsewhere(CLI::App& verb, const std::string& name) {
    const auto all = verb.get_parent()->get_subcommands({});
    return std::ranges::any_of(all, [&](CLI::App* one) {
        return one != &verb && one->get_option_no_throw("--config") && settable_option(*one, name);
    });
}

} // namespace

settings::settings(CLI::App& verb) : verb_(verb) {
    verb.add_option_function<std::string>(
            "--config", [this](const std::string& file) { fill_in(file); },
            "File of settings (TOML); the command line and the environment override it")
        ->type_name("FILE")
        ->force_callback(); // runs the hook with and without a file
    verb.add_flag("--check-config", check_only_, "Print every mistake in the settings, and exit");
    verb.add_flag("--print-config", print_only_, "Print the settings in effect and where each comes from, and exit");
}

void settings::fill_in(const std::string& file) {
    // CLI11 also runs the hook for verbs that were not given, and before it handles --help.
    if (!verb_.parsed() || verb_.get_help_ptr()->count() > 0) return;
    file_ = file;
    const auto given = verb_.parse_order();
    if (file.empty() && std::ranges::find(given, verb_.get_option("--config")) != given.end())
        complain({layer::command_line, "--config", 0}, exit_code::usage, "expected the name of a file");
    for (const auto* option : settable_options(verb_))
        if (is_given(*option)) places_[option] = {layer::command_line, "--" + long_name(*option), 0};
    take_environment();
    take_file();
    drop_displaced();
    check_relations();
    convert_all();
}

void settings::take_environment() {
    if (const char* file = std::getenv(variable_for("config").c_str()); file && file_.empty()) file_ = file;
    for (auto* option : settable_options(verb_)) {
        const auto variable = variable_for(long_name(*option));
        const char* text = std::getenv(variable.c_str());
        if (!text || *text == '\0') continue; // some supervisors set an empty variable instead of none
        const place here{layer::environment, variable, 0};
        if (kind_of(*option) != option_kind::flag) {
            offer(*option, here, takes_several(*option) ? split_at_commas(text) : std::vector<std::string>{text});
        } else if (const auto value = switch_text(text)) {
            offer(*option, here, {*value});
        } else {
            complain(here, exit_code::usage, fmt::format("expected true or false, found \"{}\"", text));
        }
    }
}

void settings::take_file() {
    if (file_.empty()) return;
    const auto all = read_settings_file(file_);
    for (const auto& wrong : all.mistakes) {
        if (wrong.line == 0)
            complain({layer::file, file_.string(), 0}, exit_code::file, wrong.text);
        else
            complain({layer::file, fmt::format("{}:{}:{}", file_.string(), wrong.line, wrong.column), wrong.line},
                     exit_code::usage, wrong.text);
    }
    for (const auto& table : all.tables) {
        const auto here = file_place('[' + table.name + ']', table.line, table.column);
        const auto* of = verb_called(verb_, table.name);
        if (!of) {
            complain(
                here, exit_code::usage,
                fmt::format("no such table; use [{}], or put the settings at the top of the file", verb_.get_name()));
        } else if (!of->get_option_no_throw("--config")) {
            complain(here, exit_code::usage, "this verb reads no settings");
        }
    }
    // Settings for this verb override those for all verbs.
    for (const auto& s : all.settings)
        if (s.table == verb_.get_name()) take_setting(s);
    for (const auto& s : all.settings)
        if (s.table.empty()) take_setting(s);
}

void settings::take_setting(const file_setting& s) {
    const auto here = file_place(s.name, s.line, s.value_column);
    CLI::Option* option = settable_option(verb_, s.name);
    if (!option) {
        if (s.table.empty() && known_elsewhere(verb_, s.name)) return;
        const auto meant = nearest(s.name, names_of(settable_options(verb_)));
        complain(file_place(s.name, s.line, s.key_column), exit_code::usage,
                 meant.empty() ? "no such setting; settings have the names of the options in --help, without the dashes"
                               : "no such setting; did you mean " + meant + "?");
    } else if (const auto wrong = type_mistake(*option, s)) {
        complain(here, exit_code::usage, *wrong);
    } else {
        auto values = s.values;
        if (kind_of(*option) == option_kind::path)
            for (auto& value : values)
                if (!value.empty()) value = (file_.parent_path() / value).string(); // an absolute path stays
        offer(*option, here, values);
    }
}

// Takes the values unless a higher layer has some.
void settings::offer(CLI::Option& option, place from, const std::vector<std::string>& values) {
    if (places_.count(&option) > 0 || values.empty()) return;
    if (kind_of(option) == option_kind::flag && values.front() == "false") {
        places_[&option] = std::move(from); // noted, so that lower layers are ignored, although it counts as not given
        return;
    }
    for (const auto& value : values)
        option.add_result(value);
    places_[&option] = std::move(from);
}

// Converts each value; CLI11 would stop at the first wrong value, or at the first that needs a wrong value.
void settings::convert_all() {
    for (auto* option : settable_options(verb_)) {
        if (!is_given(*option)) continue;
        const auto complain_of = [&](const std::string& what) {
            complain(places_.at(option), exit_code::usage, what);
            option->clear();
        };
        if (const auto wrong = number_mistake(*option, option->results().front())) {
            complain_of(*wrong);
            continue;
        }
        try {
            option->run_callback();
        } catch (const CLI::ParseError& e) {
            complain_of(reason(*option, e));
        }
    }
    if (mistakes_.empty()) return;
    const auto is_helpless = [](const CLI::Option* option) {
        return is_given(*option) &&
               std::ranges::any_of(option->get_needs(), [](const CLI::Option* need) { return !is_given(*need); });
    };
    const auto all = settable_options(verb_);
    for (auto one = std::ranges::find_if(all, is_helpless); one != all.end();
         one = std::ranges::find_if(all, is_helpless))
        (*one)->clear();
}

// Drops values that a value from a higher layer excludes, and values that need a dropped one.
void settings::drop_displaced() {
    const auto has_to_go = [this](const CLI::Option* option) {
        const auto from = places_.at(option).from;
        for (const auto* other : option->get_excludes())
            if (is_given(*other) && places_.at(other).from < from) return true;
        return std::ranges::any_of(option->get_needs(),
                                   [this](const CLI::Option* need) { return displaced_.count(need) > 0; });
    };
    for (bool again = true; again;) {
        again = false;
        for (auto* option : settable_options(verb_)) {
            if (!is_given(*option) || places_.at(option).from == layer::command_line || !has_to_go(option)) continue;
            displaced_.insert(option);
            option->clear();
            again = true;
        }
    }
}

// As CLI11 does, which has no layers and stops at the first mistake.
void settings::check_relations() {
    for (auto* option : settable_options(verb_)) {
        if (!is_given(*option)) continue;
        const auto& here = places_.at(option);
        std::string wrong;
        for (const auto* need : option->get_needs())
            if (!is_given(*need))
                wrong = "only together with " + (here.from == layer::file ? long_name(*need) : need->get_name());
        for (const auto* other : option->get_excludes())
            if (is_given(*other)) wrong = fmt::format("not together with {}", places_.at(other).text);
        if (wrong.empty()) continue;
        complain(here, exit_code::usage, wrong);
        option->clear();
    }
}

void settings::complain(const place& where, exit_code code, const std::string& what) {
    mistakes_.push_back({code, where.line, where.text + ": " + what});
}

void settings::add_mistake(const std::string& option, exit_code code, const std::string& what) {
    const auto found = places_.find(verb_.get_option(option));
    complain(found == places_.end() ? place{layer::command_line, option, 0} : found->second, code, what);
}

settings::place settings::file_place(const std::string& name, unsigned line, unsigned column) const {
    return {layer::file, fmt::format("{}:{}:{}: {}", file_.string(), line, column, name), line};
}

void settings::throw_if_wrong() const {
    if (mistakes_.empty()) return;
    auto sorted = mistakes_;
    std::ranges::stable_sort(sorted, {}, &mistake::line);
    std::string all;
    for (std::size_t n = 0; n < std::min(sorted.size(), mistakes_shown_max); ++n)
        all += (n == 0 ? "" : "\n") + printable(sorted[n].text);
    if (sorted.size() > mistakes_shown_max)
        all +=
            fmt::format("\nand {} more mistakes; correct the first and try again", sorted.size() - mistakes_shown_max);
    throw failure(sorted.front().code, all);
}

CLI::Option* settings::reloadable(CLI::Option* option) {
    reloadable_.insert(option);
    return option;
}

settings_by_name settings::values() const {
    settings_by_name out;
    for (const auto* option : settable_options(verb_)) {
        if (!is_given(*option) && option->get_default_str().empty()) continue;
        const auto values = is_given(*option) ? whole_paths(*option, option->results())
                                              : std::vector<std::string>{option->get_default_str()};
        out[long_name(*option)] = {app::as_toml(*option, values), reloadable_.contains(option)};
    }
    return out;
}

std::string settings::as_toml() const {
    const auto all = values();
    std::string text;
    for (const auto* option : settable_options(verb_)) {
        const auto value = all.find(long_name(*option));
        if (value == all.end()) continue;
        if (!is_utf8(value->second.text))
            throw failure(exit_code::usage,
                          fmt::format("--{}: the value is not UTF-8, so no settings file can have it", value->first));
        const auto from = places_.find(option);
        std::string origin = "default";
        if (is_given(*option) && from != places_.end())
            origin = from->second.from == layer::file ? fmt::format("{}:{}", file_.string(), from->second.line)
                                                      : from->second.text;
        text += fmt::format("{:<40}  # {}\n", value->first + " = " + value->second.text, printable(origin));
    }
    return text;
}

std::vector<std::string> settings::remarks() const {
    std::vector<std::string> variables;
    for (const auto* option : settable_options(verb_))
        variables.push_back(variable_for(long_name(*option)));
    std::vector<std::string> out;
    for (char** entry = environ; *entry; ++entry) {
        std::string name(*entry);
        name.erase(std::min(name.find('='), name.size()));
        if (!name.starts_with(variable_prefix) || std::ranges::find(variables, name) != variables.end()) continue;
        if (const auto meant = nearest(name, variables); !meant.empty())
            out.push_back(printable(name) + " is not read; did you mean " + meant + "?");
    }
    return out;
}

} // namespace audiosocket::app
