// SPDX-License-Identifier: Apache-2.0
#include "base/json_text.hpp"

#include <boost/json/serialize.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <string_view>
#include <utility>

namespace audiosocket::app {
namespace {

namespace json = boost::json;

// Members or elements, each after `begin` as `add` says.
template <class Range, class Add>
void add_all(std::string& text, char begin, char end, const Range& range, Add add) {
    char before = begin;
    for (const auto& one : range) {
        text += std::exchange(before, ',');
        add(one);
    }
    if (before == begin) text += begin;
    text += end;
}

// Creating a serializer takes a microsecond, and a list of calls has thousands of plain names.
void add_name(std::string& text, std::string_view name) {
    const bool plain = std::ranges::all_of(name, [](char c) { return (c >= 'a' && c <= 'z') || c == '_'; });
    if (plain)
        text.append(1, '"').append(name).append(1, '"');
    else
        text += json::serialize(json::string_view(name.data(), name.size()));
}

void add(std::string& text, const json::value& value) {
    if (const auto* object = value.if_object()) {
        add_all(text, '{', '}', *object, [&](const json::key_value_pair& member) {
            add_name(text, std::string_view(member.key().data(), member.key().size()));
            text += ':';
            add(text, member.value());
        });
    } else if (const auto* array = value.if_array()) {
        add_all(text, '[', ']', *array, [&](const json::value& element) { add(text, element); });
    } else if (const auto* number = value.if_double()) {
        text += std::isfinite(*number) ? fmt::format("{}", *number) : "null";
    } else if (const auto* count = value.if_uint64()) {
        text += fmt::format("{}", *count);
    } else {
        text += json::serialize(value);
    }
}

} // namespace

std::string to_text(const json::value& value) {
    std::string text;
    add(text, value);
    return text;
}

double rounded(double number) {
    return std::round(number * 1000) / 1000;
}

} // namespace audiosocket::app
