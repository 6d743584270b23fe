// SPDX-License-Identifier: Apache-2.0
#include "settings/option_kind.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <cstdint>
#include <numeric>
#include <regex>

namespace audiosocket::app {
namespace {

// Two typing errors, and no more than a third of the word, so that short names are not confused.
std::size_t slips_max(const std::string& name) {
    return std::min<std::size_t>(2, name.size() / 3);
}

// Returns how many letters have to be inserted, removed or changed (Levenshtein). A name from a file may be as long as
// the file, so names of very different lengths are not compared.
std::size_t slips(const std::string& a, const std::string& b) {
    const std::size_t by_length = std::max(a.size(), b.size()) - std::min(a.size(), b.size());
    if (by_length > slips_max(b)) return by_length;
    std::vector<std::size_t> row(b.size() + 1);
    std::iota(row.begin(), row.end(), std::size_t{0});
    for (std::size_t i = 0; i < a.size(); ++i) {
        std::size_t diagonal = std::exchange(row[0], i + 1);
        for (std::size_t j = 0; j < b.size(); ++j) {
            const std::size_t changed = diagonal + (a[i] == b[j] ? 0 : 1);
            diagonal = row[j + 1];
            row[j + 1] = std::min({changed, row[j] + 1, diagonal + 1});
        }
    }
    return row.back();
}

bool is_whole_number(const std::string& text) {
    std::int64_t number = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
    return error == std::errc{} && end == text.data() + text.size();
}

bool is_number(const std::string& text) {
    double number = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
    return error == std::errc{} && end == text.data() + text.size() && std::isfinite(number);
}

std::string quoted(const std::string& text) {
    std::string out = "\"";
    for (const char c : text) {
        if (c == '"' || c == '\\')
            out += std::string{'\\', c};
        else if (static_cast<unsigned char>(c) < 0x20 || c == 0x7f)
            out += fmt::format("\\u{:04x}", static_cast<unsigned>(c));
        else
            out += c;
    }
    return out + '"';
}

std::string wanted(const CLI::Option& option) {
    if (takes_several(option)) return "a list of texts, such as [\"...\", \"...\"]";
    switch (kind_of(option)) {
    case option_kind::flag: return "true or false";
    case option_kind::whole_number: return "a whole number";
    case option_kind::number: return "a number";
    case option_kind::path:
    case option_kind::text: break;
    }
    return "a text in quotes";
}

} // namespace

option_kind kind_of(const CLI::Option& option) {
    if (option.get_items_expected_max() == 0) return option_kind::flag;
    const auto shown = option.get_type_name(); // includes the text of the checks, after a colon
    const auto type = shown.substr(0, shown.find(':'));
    if (type == "N") return option_kind::whole_number;
    if (type == "SECONDS" || type == "HZ") return option_kind::number;
    if (type == "FILE" || type == "DIR") return option_kind::path;
    return option_kind::text;
}

bool takes_several(const CLI::Option& option) {
    return option.get_items_expected_max() > 1;
}

std::string long_name(const CLI::Option& option) {
    return option.get_lnames().empty() ? std::string{} : option.get_lnames().front();
}

std::vector<CLI::Option*> settable_options(CLI::App& verb) {
    std::vector<CLI::Option*> out;
    for (CLI::Option* option : verb.get_options()) {
        const auto name = long_name(*option);
        if (name.empty() || name == "help" || name == "config" || name == "check-config" || name == "print-config")
            continue;
        out.push_back(option);
    }
    return out;
}

CLI::Option* settable_option(CLI::App& verb, const std::string& name) {
    const auto all = settable_options(verb);
    const auto found = std::ranges::find(all, name, [](const CLI::Option* o) { return long_name(*o); });
    return found == all.end() ? nullptr : *found;
}

std::optional<std::string> type_mistake(const CLI::Option& option, const file_setting& value) {
    using type = file_setting::type;
    const bool number_in_quotes = value.found == type::text && is_number(value.values.front());
    bool right = false;
    const char* cure = "";
    switch (kind_of(option)) {
    case option_kind::flag: right = value.found == type::boolean; break;
    case option_kind::whole_number:
        right = value.found == type::whole_number;
        if (number_in_quotes) cure = "; write it without quotes";
        break;
    case option_kind::number:
        right = value.found == type::whole_number || value.found == type::number;
        if (number_in_quotes) cure = "; write it without quotes";
        break;
    case option_kind::path:
    case option_kind::text:
        right = value.found == type::text || (takes_several(option) && value.list_of_texts);
        if (value.found == type::whole_number || value.found == type::number) cure = "; write it in quotes";
        break;
    }
    if (right) return std::nullopt;
    return fmt::format("expected {}, found {}{}", wanted(option), value.found_text, cure);
}

std::optional<std::string> number_mistake(const CLI::Option& option, const std::string& text) {
    const auto kind = kind_of(option);
    if (kind == option_kind::whole_number && !is_whole_number(text))
        return fmt::format("expected a whole number, found \"{}\"", text);
    if (kind == option_kind::number && !is_number(text)) return fmt::format("expected a number, found \"{}\"", text);
    return std::nullopt;
}

std::string in_one_form(const std::string& cli11) {
    static const std::regex range("Value (.*) not in range ([-0-9.]+) to ([-0-9.]+)");
    static const std::regex set(R"((.*) not in \{(.*)\})");
    std::smatch found;
    if (std::regex_match(cli11, found, range))
        return fmt::format("\"{}\": expected {:.10g} to {:.10g}", found.str(1), std::stod(found.str(2)),
                           std::stod(found.str(3)));
    if (!std::regex_match(cli11, found, set)) return cli11;
    std::string names = std::regex_replace(found.str(2), std::regex(","), ", ");
    if (const auto last = names.rfind(", "); last != std::string::npos) names.replace(last, 2, " or ");
    return fmt::format("\"{}\": expected {}", found.str(1), names);
}

std::string as_toml(const CLI::Option& option, const std::vector<std::string>& values) {
    const auto kind = kind_of(option);
    const auto one = [kind](const std::string& value) {
        return kind == option_kind::text || kind == option_kind::path ? quoted(value) : value;
    };
    if (!takes_several(option)) return one(values.front());
    std::string list;
    for (const auto& value : values)
        list += (list.empty() ? "" : ", ") + one(value);
    return '[' + list + ']';
}

std::string nearest(const std::string& name, const std::vector<std::string>& names) {
    const auto best = std::ranges::min_element(names, {}, [&](const std::string& n) { return slips(name, n); });
    return best != names.end() && slips(name, *best) <= slips_max(*best) ? *best : std::string{};
}

} // namespace audiosocket::app
