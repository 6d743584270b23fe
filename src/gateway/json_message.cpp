// SPDX-License-Identifier: Apache-2.0
#include "gateway/json_message.hpp"

#include <boost/json/array.hpp>
#include <boost/json/parse.hpp>
#include <boost/json/stream_parser.hpp>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <exception>

namespace audiosocket::gateway {
namespace json = boost::json;

namespace {

const json::object no_object;
const json::array no_array;

} // namespace

json_message::json_message(std::string_view text) {
    json::parse_options rules;
    rules.max_depth = depth_max;
    json::error_code error;
    try {
        value_ = json::parse({text.data(), text.size()}, error, {}, rules);
    } catch (const std::exception& e) { // out of memory
        error_ = e.what();
        return;
    }
    if (error)
        error_ = "not JSON: " + error.message();
    else if (!value_.is_object())
        error_ = "JSON, but not an object";
}

const json::object& json_message::object() const noexcept {
    const auto* found = value_.if_object();
    return found ? *found : no_object;
}

std::string place_of_error(std::string_view text) {
    json::parse_options rules;
    rules.max_depth = json_message::depth_max;
    json::stream_parser reader({}, rules);
    json::error_code error;
    const auto good = text.substr(0, reader.write_some(text.data(), text.size(), error));
    if (!error && good.size() == text.size()) reader.finish(error);
    if (!error && good.size() == text.size()) return {};
    const auto line = 1 + std::ranges::count(good, '\n');
    const auto column = good.size() - (good.find_last_of('\n') + 1) + 1; // npos + 1 is 0
    return ", at line " + std::to_string(line) + ", column " + std::to_string(column);
}

std::string_view text_at(const json::object& in, std::string_view name) noexcept {
    return find_text(in, name).value_or(std::string_view());
}

std::optional<std::string_view> find_text(const json::object& in, std::string_view name) noexcept {
    const auto* found = in.if_contains({name.data(), name.size()});
    const auto* text = found ? found->if_string() : nullptr;
    if (!text) return std::nullopt;
    return std::string_view(text->data(), text->size());
}

const json::object& object_at(const json::object& in, std::string_view name) noexcept {
    const auto* found = in.if_contains({name.data(), name.size()});
    const auto* object = found ? found->if_object() : nullptr;
    return object ? *object : no_object;
}

const json::array& array_at(const json::object& in, std::string_view name) noexcept {
    const auto* found = in.if_contains({name.data(), name.size()});
    const auto* array = found ? found->if_array() : nullptr;
    return array ? *array : no_array;
}

std::optional<std::int64_t> number_at(const json::object& in, std::string_view name) noexcept {
    const auto* found = in.if_contains({name.data(), name.size()});
    if (!found) return std::nullopt;
    if (const auto* whole = found->if_int64()) return *whole;
    if (const auto* real = found->if_double(); real && std::abs(*real) < 9e15) return static_cast<std::int64_t>(*real);
    const auto text = text_at(in, name);
    std::int64_t number = 0;
    const auto read = std::from_chars(text.data(), text.data() + text.size(), number);
    if (text.empty() || read.ec != std::errc{} || read.ptr != text.data() + text.size()) return std::nullopt;
    return number;
}

bool flag_at(const json::object& in, std::string_view name) noexcept {
    const auto* found = in.if_contains({name.data(), name.size()});
    const auto* flag = found ? found->if_bool() : nullptr;
    return flag && *flag;
}

json::string json_text(std::string_view text) {
    return json::string(text.data(), text.size());
}

} // namespace audiosocket::gateway
