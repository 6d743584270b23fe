// SPDX-License-Identifier: Apache-2.0
#include "gateway/call_context_json.hpp"

#include "admin/target.hpp"
#include "base/json_text.hpp"
#include "base/printable.hpp"

#include <boost/json/object.hpp>
#include <boost/json/parser.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <map>

namespace audiosocket::app::gateway {
namespace {

namespace json = boost::json;

// Settings of a session nest some five levels; this keeps the parser's stack small.
constexpr std::size_t depth_max = 32;

constexpr const char* white_space = " \t\r\n";

constexpr std::string_view form_type = "application/x-www-form-urlencoded";

// The names of a number in a dialplan and in other services, the first that is there counts.
constexpr std::array<const char*, 3> from_names{"from", "caller", "callerid"};
constexpr std::array<const char*, 3> to_names{"to", "called", "exten"};

// A field's name in a form: what the dialplan allows in the name of a variable, and - and . besides.
bool is_name(std::string_view text) {
    return !text.empty() && std::ranges::all_of(text, [](unsigned char c) {
        return std::isalnum(c) != 0 || c == '_' || c == '-' || c == '.';
    });
}

bool is_form(std::string_view type) {
    const auto bare = type.substr(0, type.find_first_of("; "));
    return std::ranges::equal(bare, form_type, [](unsigned char a, unsigned char b) { return std::tolower(a) == b; });
}

// Line and column, from 1, as editors count them.
std::string place(std::string_view text, std::size_t offset) {
    const auto before = text.substr(0, offset);
    const auto line = std::ranges::count(before, '\n') + 1;
    const auto column = before.size() - (before.rfind('\n') + 1) + 1; // npos + 1 is 0
    return fmt::format("line {}, column {}", line, column);
}

json::object parse(std::string_view text) {
    json::parse_options rules;
    rules.max_depth = depth_max;
    json::parser reader({}, rules);
    json::error_code error;
    const std::size_t read = reader.write_some(text.data(), text.size(), error);
    if (error) throw invalid_context("not JSON: " + error.message() + ", at " + place(text, read));
    const auto more = text.find_first_not_of(white_space, read);
    if (more != std::string_view::npos)
        throw invalid_context("not JSON: more text behind its end, at " + place(text, more));
    auto value = reader.release();
    if (!value.is_object()) throw invalid_context(R"(JSON, but not an object; write {"from":"...","to":"..."})");
    return std::move(value.get_object());
}

json::object parse_form(std::string_view text) {
    std::map<std::string, std::string> fields;
    try {
        fields = admin::read_form(text);
    } catch (const admin::bad_target& e) {
        throw invalid_context(std::string("the form is wrong: ") + e.what());
    }
    json::object object;
    for (const auto& [name, value] : fields) {
        if (!is_name(name)) {
            throw invalid_context(
                fmt::format("neither a JSON object nor a form: \"{}\" is not the name of a field; write "
                            "{{\"from\":\"...\"}} or from=...&to=...",
                            printable(name.substr(0, 40))));
        }
        object.emplace(name, value);
    }
    return object;
}

std::string to_plain_text(const json::value& value) {
    return value.is_string() ? std::string(value.get_string()) : to_text(value);
}

// Takes the first of these members out of the object.
template <class Names>
std::string take_first(json::object& object, const Names& names) {
    for (const char* name : names) {
        const auto* found = object.if_contains(name);
        if (!found) continue;
        std::string text = to_plain_text(*found);
        object.erase(name);
        return text;
    }
    return {};
}

} // namespace

std::string read_context(std::string_view body, std::string_view type) {
    const auto first = body.find_first_not_of(white_space);
    if (first == std::string_view::npos)
        throw invalid_context(R"(the body is empty; write {} for a call of which nothing is known)");
    if (body[first] == '{' || !is_form(type)) {
        parse(body);
        return std::string(body);
    }
    std::string text = to_text(parse_form(body));
    try {
        parse(text);
    } catch (const invalid_context&) { // all else was escaped
        throw invalid_context("the form has text that is not UTF-8");
    }
    return text;
}

audiosocket::gateway::call_context to_call_context(const uuid& id, std::string_view object) {
    auto members = parse(object);
    for (auto member = members.begin(); member != members.end();)
        member = member->value().is_null() ? members.erase(member) : member + 1;
    audiosocket::gateway::call_context context;
    context.id = id;
    context.from = take_first(members, from_names);
    context.to = take_first(members, to_names);
    for (const auto& member : members)
        context.parameters.emplace(member.key(), to_plain_text(member.value()));
    return context;
}

} // namespace audiosocket::app::gateway
