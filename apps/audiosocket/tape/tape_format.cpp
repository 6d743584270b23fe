// SPDX-License-Identifier: Apache-2.0
#include "tape/tape_format.hpp"

#include "base/failure.hpp"

#include <audiosocket/gateway/base64.hpp>

#include <boost/json/object.hpp>
#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>

#include <fmt/chrono.h>
#include <fmt/format.h>

#include <algorithm>
#include <bit>
#include <stdexcept>
#include <utility>

namespace audiosocket::app::tape {
namespace {

namespace json = boost::json;

// A hundred years.
constexpr std::int64_t at_max_ms = std::int64_t{100} * 366 * 24 * 3600 * 1000;

json::string_view view_of(std::string_view text) {
    return {text.data(), text.size()};
}

// Cuts a text without splitting a character.
std::string_view kept_text(std::string_view message) {
    if (message.size() <= message_bytes_max) return message;
    std::size_t end = message_bytes_max;
    while (end > 0 && (static_cast<unsigned char>(message[end]) & 0xC0U) == 0x80U)
        --end;
    return message.substr(0, end);
}

std::string base64_member(std::string_view name, std::span<const std::byte> bytes) {
    std::string member = fmt::format("\"{}\":\"", name);
    audiosocket::gateway::append_base64(member, bytes);
    return member + '"';
}

json::object parse_object(std::string_view line) {
    boost::system::error_code error;
    auto value = json::parse(view_of(line), error);
    if (error) throw std::invalid_argument("is not JSON: " + error.message());
    if (!value.is_object()) throw std::invalid_argument("is not a JSON object");
    return std::move(value.as_object());
}

std::string text_of(const json::object& in, std::string_view name) {
    const auto* found = in.if_contains(view_of(name));
    return found != nullptr && found->is_string() ? std::string(found->as_string()) : std::string();
}

} // namespace

std::string to_line(const tape_head& head) {
    json::object parameters;
    for (const auto& [name, value] : head.parameters)
        parameters[name] = value;
    return json::serialize(json::object{
        {"audiosocket_tape", format_version},
        {"id", head.id},
        {"dialect", head.dialect},
        {"started", head.started},
        {"backend", head.back_end},
        {"context", json::object{{"from", head.from}, {"to", head.to}, {"parameters", std::move(parameters)}}}});
}

tape_head read_head(std::string_view line) {
    json::object all;
    try {
        all = parse_object(line);
    } catch (const std::invalid_argument& e) {
        throw failure(exit_code::file, std::string("line 1, the head of the tape, ") + e.what());
    }
    const auto* version = all.if_contains("audiosocket_tape");
    if (version == nullptr || !version->is_int64())
        throw failure(exit_code::file, "line 1 is not the head of a tape: \"audiosocket_tape\" is missing");
    if (version->as_int64() != format_version)
        throw failure(exit_code::file, fmt::format("the tape has format {}, and this version reads format {}",
                                                   version->as_int64(), format_version));
    tape_head head{text_of(all, "id"), text_of(all, "dialect"), text_of(all, "started"), text_of(all, "backend")};
    const auto* context = all.if_contains("context");
    if (context == nullptr || !context->is_object()) return head;
    head.from = text_of(context->as_object(), "from");
    head.to = text_of(context->as_object(), "to");
    const auto* parameters = context->as_object().if_contains("parameters");
    if (parameters == nullptr || !parameters->is_object()) return head;
    for (const auto& [name, value] : parameters->as_object())
        if (value.is_string()) head.parameters.emplace(std::string(name), std::string(value.as_string()));
    return head;
}

std::string time_now() {
    const auto now = std::chrono::time_point_cast<std::chrono::milliseconds>(std::chrono::system_clock::now());
    return fmt::format("{:%Y-%m-%dT%H:%M:%S}.{:03}Z", fmt::gmtime(std::chrono::system_clock::to_time_t(now)),
                       now.time_since_epoch().count() % 1000);
}

std::string_view tape_entry::text(std::string_view name) const {
    const auto* found = fields.if_contains(view_of(name));
    if (found == nullptr || !found->is_string()) return {};
    return {found->as_string().data(), found->as_string().size()};
}

std::int64_t tape_entry::number(std::string_view name) const {
    const auto* found = fields.if_contains(view_of(name));
    return found != nullptr && found->is_int64() ? found->as_int64() : 0;
}

bool tape_entry::flag(std::string_view name) const {
    const auto* found = fields.if_contains(view_of(name));
    return found != nullptr && found->is_bool() && found->as_bool();
}

tape_entry read_entry(std::string_view line, std::size_t number) {
    tape_entry one{number, {}, {}, parse_object(line)};
    one.what = text_of(one.fields, "what");
    const auto* at = one.fields.if_contains("t");
    if (at == nullptr || !at->is_int64() || at->as_int64() < 0 || at->as_int64() > at_max_ms)
        throw std::invalid_argument("has no time (\"t\", in milliseconds)");
    if (one.what.empty()) throw std::invalid_argument("does not say what happened (\"what\")");
    one.at = std::chrono::milliseconds(at->as_int64());
    return one;
}

std::string text_member(std::string_view name, std::string_view text) {
    return fmt::format("\"{}\":{}", name, json::serialize(view_of(text)));
}

std::string number_member(std::string_view name, std::int64_t number) {
    return fmt::format("\"{}\":{}", name, number);
}

std::string samples_member(std::span<const std::int16_t> samples) {
    static_assert(std::endian::native == std::endian::little);
    return base64_member("samples", std::as_bytes(samples));
}

std::string text_message(std::string_view message) {
    const auto kept = kept_text(message);
    auto member = text_member("text", kept);
    if (kept.size() < message.size()) member += ',' + number_member("bytes", static_cast<std::int64_t>(message.size()));
    return member;
}

std::string binary_message(std::span<const std::byte> message) {
    auto member = base64_member("binary", message.first(std::min(message.size(), message_bytes_max)));
    if (message.size() > message_bytes_max)
        member += ',' + number_member("bytes", static_cast<std::int64_t>(message.size()));
    return member;
}

} // namespace audiosocket::app::tape
