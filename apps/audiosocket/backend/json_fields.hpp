// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <boost/json/object.hpp>
#include <boost/json/parse.hpp>
#include <boost/json/value.hpp>

#include <optional>
#include <string>
#include <string_view>

namespace audiosocket::app::backend {

/// Returns the message as an object; nothing if it is none.
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

/// Returns the whole number at this name.
inline std::optional<std::int64_t> number_at(const boost::json::object& in, std::string_view name) {
    const auto* number = in.if_contains({name.data(), name.size()});
    if (number == nullptr || !number->is_int64()) return std::nullopt;
    return number->get_int64();
}

/// For values that are made of our text.
inline boost::json::string json_text(std::string_view text) {
    return boost::json::string(text.data(), text.size());
}

} // namespace audiosocket::app::backend
