// SPDX-License-Identifier: Apache-2.0
#include "settings/settings_file.hpp"

#include "base/file_head.hpp"
#include "settings/toml_depth.hpp"

#include <fmt/format.h>
#include <toml++/toml.h>

#include <algorithm>
#include <cmath>
#include <string_view>
#include <tuple>

namespace audiosocket::app {
namespace {

// Longer texts are cut in messages: about a line of a screen.
constexpr std::size_t shown_text_max = 60;

// Reads the whole file, or returns why it failed.
std::string read_whole(const std::filesystem::path& file, std::string& into) {
    auto wrong = read_file_head(file, settings_file_bytes_max + 1, into);
    if (wrong.empty() && into.size() > settings_file_bytes_max)
        return fmt::format("has more than {} bytes, the most for a settings file", settings_file_bytes_max);
    return wrong;
}

std::string shown(std::string_view text) {
    if (text.size() > shown_text_max) return fmt::format("the text \"{}...\"", text.substr(0, shown_text_max));
    return fmt::format("the text \"{}\"", text);
}

// Returns a value as it would be on the command line.
std::string as_argument(const toml::node& value) {
    if (const auto* text = value.as_string()) return text->get();
    if (const auto* whole = value.as_integer()) return fmt::format("{}", whole->get());
    if (const auto* number = value.as_floating_point()) return fmt::format("{}", number->get());
    if (const auto* flag = value.as_boolean()) return flag->get() ? "true" : "false";
    return {};
}

file_setting make_setting(const std::string& table, const toml::key& key, const toml::node& value) {
    using type = file_setting::type;
    file_setting s;
    s.table = table;
    s.name = key.str();
    s.line = key.source().begin.line;
    s.key_column = key.source().begin.column;
    s.value_column = value.source().begin.column;
    s.values = {as_argument(value)};
    if (const auto* text = value.as_string()) {
        s.found = type::text;
        s.found_text = shown(text->get());
    } else if (value.is_integer()) {
        s.found = type::whole_number;
        s.found_text = "the number " + s.values.front();
    } else if (const auto* number = value.as_floating_point(); number && std::isfinite(number->get())) {
        s.found = type::number;
        s.found_text = "the number " + s.values.front();
    } else if (value.is_boolean()) {
        s.found = type::boolean;
        s.found_text = s.values.front();
    } else if (const auto* list = value.as_array()) {
        s.found = type::list;
        s.found_text = "a list";
        s.values.clear();
        for (const toml::node& element : *list)
            s.values.push_back(as_argument(element));
        s.list_of_texts =
            std::all_of(list->begin(), list->end(), [](const toml::node& element) { return element.is_string(); });
    } else {
        s.found_text = value.is_table()            ? "a table"
                       : value.is_floating_point() ? "a number that is not finite"
                                                   : "a date or time";
    }
    return s;
}

// At a missing quote, toml++ reports the end of the line or of the file.
std::string words_of(const toml::parse_error& e, std::string_view text) {
    const auto& at = e.source().begin;
    std::string reason(e.description());
    for (toml::source_index line = 1; line < at.line; ++line)
        text.remove_prefix(std::min(text.find('\n'), text.size() - 1) + 1);
    const bool at_the_end = at.column > text.substr(0, text.find('\n')).size();
    if (at_the_end && reason.find("string: ") != std::string::npos) return "the text is not closed; a quote is missing";
    return reason;
}

} // namespace

settings_file read_settings_file(const std::filesystem::path& file) {
    settings_file out;
    std::string text;
    if (auto why = read_whole(file, text); !why.empty()) {
        out.mistakes.push_back({0, 0, std::move(why)});
        return out;
    }
    if (const auto deep = too_deep_toml(text)) {
        out.mistakes.push_back(
            {deep->line, deep->column,
             fmt::format(
                 "is nested deeper than {} levels; settings stand at the top of the file or in the table of a verb",
                 toml_depth_max)});
        return out;
    }
    try {
        const toml::table all = toml::parse(text);
        for (const auto& [key, value] : all) {
            const auto* table = value.as_table();
            if (!table) {
                out.settings.push_back(make_setting({}, key, value));
                continue;
            }
            out.tables.push_back({std::string(key.str()), key.source().begin.line, key.source().begin.column});
            for (const auto& [inner, one] : *table)
                out.settings.push_back(make_setting(std::string(key.str()), inner, one));
        }
    } catch (const toml::parse_error& e) {
        out.mistakes.push_back({e.source().begin.line, e.source().begin.column, words_of(e, text)});
    }
    std::ranges::sort(out.settings, {}, [](const file_setting& s) { return std::tuple(s.line, s.key_column); });
    return out;
}

} // namespace audiosocket::app
