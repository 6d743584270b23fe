// SPDX-License-Identifier: Apache-2.0
#include "gateway/placeholders.hpp"

#include "base/failure.hpp"

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>

#include <algorithm>
#include <cctype>

namespace audiosocket::app::gateway {
namespace {

using audiosocket::gateway::call_context;

bool is_name(std::string_view text) {
    return !text.empty() && std::ranges::all_of(text, [](unsigned char c) {
        return std::isalnum(c) != 0 || c == '_' || c == '-' || c == '.';
    });
}

std::string value_of(std::string_view name, const call_context& context) {
    if (name == "uuid") return to_string(context.id);
    if (name == "from") return context.from;
    if (name == "to") return context.to;
    const auto found = context.parameters.find(std::string(name));
    return found == context.parameters.end() ? std::string() : found->second;
}

std::string percent_encoded(std::string_view text) {
    static constexpr std::string_view digits = "0123456789ABCDEF";
    std::string out;
    for (const char c : text) {
        const auto byte = static_cast<unsigned char>(c);
        if ((std::isalnum(byte) != 0 && byte < 0x80) || c == '-' || c == '.' || c == '_' || c == '~') {
            out += c;
        } else {
            out += '%';
            out += digits[byte >> 4U];
            out += digits[byte & 15U];
        }
    }
    return out;
}

std::string fit_for(std::string value, placeholder_use use) {
    if (use == placeholder_use::address) return percent_encoded(value);
    if (use == placeholder_use::header)
        std::ranges::replace_if(
            value, [](unsigned char c) { return c < 0x20 || c == 0x7f; }, ' ');
    return value;
}

} // namespace

std::string expand(std::string_view text, const call_context& context, placeholder_use use) {
    std::string out;
    for (std::size_t at = 0; at < text.size();) {
        const auto end = text[at] == '{' ? text.find('}', at) : std::string_view::npos;
        const auto name = end == std::string_view::npos ? std::string_view() : text.substr(at + 1, end - at - 1);
        if (is_name(name)) {
            out += fit_for(value_of(name, context), use);
            at = end + 1;
        } else {
            out += text[at++];
        }
    }
    return out;
}

void expand(boost::json::value& in, const call_context& context) {
    if (auto* text = in.if_string()) {
        const auto expanded = expand(std::string_view(text->data(), text->size()), context, placeholder_use::text);
        text->assign(expanded.data(), expanded.size());
    } else if (auto* array = in.if_array()) {
        for (auto& one : *array)
            expand(one, context);
    } else if (auto* object = in.if_object()) {
        for (auto& member : *object)
            expand(member.value(), context);
    }
}

void check_placeholders(std::string_view text) {
    const auto last = text.rfind('{');
    if (last != std::string_view::npos && text.find('}', last) == std::string_view::npos)
        throw failure(exit_code::usage, "a { without a }; a placeholder looks like {uuid}");
}

} // namespace audiosocket::app::gateway
