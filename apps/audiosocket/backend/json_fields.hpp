// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/parse.hpp>
#include <boost/json/value.hpp>

#include <optional>
#include <string>
#include <string_view>

namespace audiosocket::app::backend {

/// Returns the first 80 bytes of a peer's text, in quotes, for an explanation.
inline std::string shown(std::string_view text) {
    constexpr std::size_t bytes_max = 80;
    if (text.size() <= bytes_max) return '"' + std::string(text) + '"';
    auto end = bytes_max;
    while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xc0) == 0x80) // not within a character of UTF-8
        --end;
    return '"' + std::string(text.substr(0, end)) + "...\"";
}

/// Returns the message as an object; nothing if it is not a JSON object.
inline std::optional<boost::json::object> parse_object(std::string_view message) {
    boost::system::error_code error;
    auto value = boost::json::parse({message.data(), message.size()}, error);
    if (error || !value.is_object()) return std::nullopt;
    return std::move(value.as_object());
}

/// Returns the text at this name; empty where there is none.
inline std::string text_at(const boost::json::object& in, std::string_view name) {
    const auto* text = in.if_contains({name.data(), name.size()});
    return text != nullptr && text->is_string() ? std::string(text->get_string()) : std::string();
}

/// Returns the object at this name; empty where there is none.
inline const boost::json::object& object_at(const boost::json::object& in, std::string_view name) {
    static const boost::json::object none;
    const auto* object = in.if_contains({name.data(), name.size()});
    return object != nullptr && object->is_object() ? object->get_object() : none;
}

/// Returns the array at this name; empty where there is none.
inline const boost::json::array& array_at(const boost::json::object& in, std::string_view name) {
    static const boost::json::array none;
    const auto* array = in.if_contains({name.data(), name.size()});
    return array != nullptr && array->is_array() ? array->get_array() : none;
}

/// Returns the whole number at this name.
inline std::optional<std::int64_t> number_at(const boost::json::object& in, std::string_view name) {
    const auto* number = in.if_contains({name.data(), name.size()});
    if (number == nullptr || !number->is_int64()) return std::nullopt;
    return number->get_int64();
}

/// Returns this text as a value for a message.
inline boost::json::string json_text(std::string_view text) {
    return boost::json::string(text.data(), text.size());
}

} // namespace audiosocket::app::backend
