// SPDX-License-Identifier: Apache-2.0
#include "directory/entry.hpp"

#include "base/json_text.hpp"

#include <boost/json/object.hpp>
#include <boost/json/parse.hpp>

#include <algorithm>
#include <array>
#include <cmath>

namespace audiosocket::app::directory {
namespace {

namespace json = boost::json;

constexpr std::array<std::string_view, 4> kinds{"node", "call", "context", "end"};

// Without this a wrong number would make a node the least loaded for ever.
constexpr std::size_t calls_limit = 1'000'000;
constexpr std::size_t address_chars_max = 300;

bool is_node_id(std::string_view text) {
    const auto session = text.substr(std::min(text.find('='), text.size()));
    return is_node_name(name_of(text)) && session.size() == 9 &&
           session.find_first_not_of("0123456789abcdef", 1) == std::string_view::npos;
}

std::optional<json::object> parse_object(std::string_view value) {
    if (value.size() > value_bytes_max) return std::nullopt;
    boost::system::error_code error;
    auto parsed = json::parse({value.data(), value.size()}, error);
    if (error || !parsed.is_object()) return std::nullopt;
    return std::optional(std::move(parsed.as_object()));
}

std::optional<std::string> text_in(const json::object& from, std::string_view member, std::size_t chars_max) {
    const auto* found = from.if_contains(member);
    if (!found || !found->is_string() || found->get_string().size() > chars_max) return std::nullopt;
    return std::string(found->get_string());
}

std::optional<double> number_in(const json::object& from, std::string_view member, double max) {
    const auto* found = from.if_contains(member);
    if (!found || !found->is_number()) return std::nullopt;
    const auto value = found->to_number<double>();
    if (!(value >= 0 && value <= max)) return std::nullopt;
    return value;
}

bool flag_in(const json::object& from, std::string_view member) {
    const auto* found = from.if_contains(member);
    return found && found->is_bool() && found->get_bool();
}

} // namespace

std::optional<entry_key> entry_key::parse(std::string_view text) {
    if (text.size() > key_bytes_max) return std::nullopt;
    std::array<std::string_view, 3> parts;
    std::size_t count = 0;
    for (;;) {
        if (count == parts.size()) return std::nullopt;
        const auto slash = text.find('/');
        parts.at(count++) = text.substr(0, slash);
        if (slash == std::string_view::npos) break;
        text.remove_prefix(slash + 1);
    }
    const auto* kind = std::ranges::find(kinds, parts[0]);
    if (kind == kinds.end()) return std::nullopt;
    entry_key key;
    key.kind = static_cast<entry_kind>(kind - kinds.begin());
    const bool has_node = key.kind != entry_kind::context;
    const bool has_id = key.kind != entry_kind::node;
    if (count != 1U + (has_node ? 1 : 0) + (has_id ? 1 : 0)) return std::nullopt;
    if (has_node && !is_node_id(parts[1])) return std::nullopt;
    if (has_node) key.node = parts[1];
    error_code error;
    if (has_id) key.id = uuid::parse(parts.at(count - 1), error);
    if (error) return std::nullopt;
    return key;
}

std::string entry_key::text() const {
    std::string all(kinds.at(static_cast<std::size_t>(kind)));
    if (kind != entry_kind::context) all += '/' + node;
    if (kind != entry_kind::node) all += '/' + to_string(id);
    return all;
}

std::string to_value(const node_facts& f) {
    return to_text(json::object{{"state", name(f.state)},
                                {"connect", f.connect},
                                {"admin", f.admin},
                                {"calls", f.calls},
                                {"calls_max", f.calls_max},
                                {"waiting", f.waiting},
                                {"load", rounded(f.load)},
                                {"lease_ms", f.lease.count()}});
}

std::optional<node_facts> parse_node(std::string_view value) {
    const auto from = parse_object(value);
    if (!from) return std::nullopt;
    const auto state = text_in(*from, "state", address_chars_max);
    const auto connect = text_in(*from, "connect", address_chars_max);
    const auto admin = text_in(*from, "admin", address_chars_max);
    const auto calls = number_in(*from, "calls", calls_limit);
    const auto calls_max = number_in(*from, "calls_max", calls_limit);
    const auto waiting = number_in(*from, "waiting", calls_limit);
    const auto load = number_in(*from, "load", 1);
    const auto lease = number_in(*from, "lease_ms", static_cast<double>(std::chrono::milliseconds(lease_max).count()));
    if (!state || !connect || !admin || !calls || !calls_max || !waiting || !load || !lease) return std::nullopt;
    const auto known = node_state_named(*state);
    const std::chrono::milliseconds lasts(std::lround(*lease));
    if (!known || lasts < lease_min) return std::nullopt;
    return node_facts{*known,
                      *connect,
                      *admin,
                      static_cast<std::size_t>(*calls),
                      static_cast<std::size_t>(*calls_max),
                      static_cast<std::size_t>(*waiting),
                      *load,
                      lasts};
}

std::string to_value(const call_entry& c) {
    return to_text(json::object{{"peer", c.peer}, {"since_ms", c.since_ms}});
}

std::optional<call_entry> parse_call(std::string_view value) {
    const auto from = parse_object(value);
    if (!from) return std::nullopt;
    constexpr double exact_max = 9e15; // a double has integers up to this
    auto peer = text_in(*from, "peer", address_chars_max);
    const auto since = number_in(*from, "since_ms", exact_max);
    if (!peer || !since) return std::nullopt;
    return call_entry{*std::move(peer), static_cast<std::int64_t>(*since)};
}

std::string to_value(const context_entry& c) {
    return to_text(json::object{{"home", c.home}, {"held", c.held}, {"refused", c.refused}, {"context", c.context}});
}

std::optional<context_entry> parse_context(std::string_view value) {
    const auto from = parse_object(value);
    if (!from) return std::nullopt;
    auto home = text_in(*from, "home", key_bytes_max);
    auto context = text_in(*from, "context", value_bytes_max);
    if (!home || !is_node_id(*home) || !context) return std::nullopt;
    return context_entry{*std::move(home), flag_in(*from, "held"), flag_in(*from, "refused"), *std::move(context)};
}

std::string to_value(const end_entry& e) {
    return to_text(json::object{{"when_played", e.when_played}, {"by", e.by}});
}

std::optional<end_entry> parse_end(std::string_view value) {
    const auto from = parse_object(value);
    if (!from) return std::nullopt;
    auto by = text_in(*from, "by", key_bytes_max);
    if (!by || !is_node_id(*by)) return std::nullopt;
    return end_entry{flag_in(*from, "when_played"), *std::move(by)};
}

} // namespace audiosocket::app::directory
