// SPDX-License-Identifier: Apache-2.0
#include <audiosocket/net/address.hpp>

#include <algorithm>
#include <charconv>
#include <stdexcept>
#include <utility>

namespace audiosocket {
namespace {

// Whether no host has this character. The system's look-up would end a name at a zero byte.
bool is_not_of_a_host(char c) {
    return static_cast<unsigned char>(c) <= ' ' || c == '\x7f' ||
           std::string_view("[]/\\@?#\"<>").find(c) != std::string_view::npos;
}

} // namespace

std::optional<address> parse_address(std::string_view text) {
    address where;
    std::string_view rest;
    if (text.starts_with('[')) {
        const auto end = text.find(']');
        if (end == std::string_view::npos || end == 1) return std::nullopt;
        where.host = text.substr(1, end - 1);
        rest = text.substr(end + 1);
    } else {
        const auto colon = text.find(':');
        if (colon != std::string_view::npos && text.find(':', colon + 1) != std::string_view::npos)
            return std::nullopt; // an IPv6 address without brackets, so it is not clear where its port begins
        where.host = text.substr(0, colon);
        rest = colon == std::string_view::npos ? std::string_view{} : text.substr(colon);
    }
    if (text.empty() || std::ranges::any_of(where.host, is_not_of_a_host)) return std::nullopt;
    if (!where.host.empty() && where.host.find_first_not_of("0123456789") == std::string::npos) return std::nullopt;
    if (rest.empty()) return where;

    const auto digits = rest.substr(1);
    const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), where.port);
    if (rest[0] != ':' || error != std::errc{} || end != digits.data() + digits.size()) return std::nullopt;
    return where;
}

address address::parse(std::string_view text) {
    auto where = parse_address(text);
    if (!where) throw std::invalid_argument("\"" + std::string(text) + "\": expected HOST:PORT, [IPV6]:PORT or :PORT");
    return std::move(*where);
}

std::string to_string(const address& where) {
    const bool brackets = where.host.find(':') != std::string::npos;
    return (brackets ? "[" + where.host + "]" : where.host) + ":" + std::to_string(where.port);
}

} // namespace audiosocket
