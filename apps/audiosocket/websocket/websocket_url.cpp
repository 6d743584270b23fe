// SPDX-License-Identifier: Apache-2.0
#include "websocket/websocket_url.hpp"

#include "base/failure.hpp"

#include <boost/asio/ip/address.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <utility>

namespace audiosocket::app::websocket {
namespace {

// What is wrong with an address, which is never quoted as a whole: it may stand in the middle of a password.
struct mistake {
    std::string what;
};

mistake wrong(std::string what) {
    return {std::move(what)};
}

// How people name what an address is for, and how it begins.
struct use_words {
    std::string_view address;
    std::string_view plain;
    std::string_view tls;
};

constexpr use_words websocket_words{"the address of a WebSocket", "ws", "wss"};
constexpr use_words http_words{"an address of HTTP", "http", "https"};

constexpr const use_words& words_for(url_use use) {
    return use == url_use::http ? http_words : websocket_words;
}

char lower(char c) {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}

bool is_scheme_character(char c) {
    c = lower(c);
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '+' || c == '-' || c == '.';
}

bool is_name_character(char c) {
    c = lower(c);
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '.' || c == '_';
}

// Removes the scheme from the text. Whether it is that of TLS.
bool take_scheme(std::string_view& text, url_use use) {
    const auto& mine = words_for(use);
    const auto& other = words_for(use == url_use::http ? url_use::websocket : url_use::http);
    const auto end = text.find("://");
    if (end == std::string_view::npos || !std::ranges::all_of(text.substr(0, end), is_scheme_character))
        throw wrong(fmt::format("{} begins with {}:// or {}://", mine.address, mine.plain, mine.tls));
    std::string scheme(text.substr(0, end));
    std::ranges::transform(scheme, scheme.begin(), lower);
    text.remove_prefix(end + 3);
    if (scheme == mine.plain || scheme == mine.tls) return scheme == mine.tls;
    const bool other_tls = scheme == other.tls;
    if (scheme == other.plain || other_tls)
        throw wrong(
            fmt::format("{}:// is not {}: write {}://", scheme, mine.address, other_tls ? mine.tls : mine.plain));
    throw wrong(fmt::format("\"{}://\" is not {}", scheme.substr(0, 20), mine.address));
}

std::uint16_t port_of(std::string_view digits) {
    std::uint16_t port = 0;
    const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), port);
    if (error != std::errc() || end != digits.data() + digits.size() || port == 0)
        throw wrong("the port is not a number from 1 to 65535");
    return port;
}

std::string host_of(std::string_view host, bool bracketed) {
    if (host.empty()) throw wrong("the host is missing");
    if (bracketed) {
        boost::system::error_code error;
        boost::asio::ip::make_address_v6(std::string(host), error);
        if (error) throw wrong("what stands in brackets is not an IPv6 address");
    } else if (!std::ranges::all_of(host, is_name_character)) {
        throw wrong("the host has a character that names do not have");
    }
    return std::string(host);
}

void set_authority(websocket_url& url, std::string_view authority) {
    if (authority.find('@') != std::string_view::npos)
        throw wrong("a user name or password in the address is not supported: send it in a header");
    std::string_view rest;
    if (authority.starts_with('[')) {
        const auto end = authority.find(']');
        if (end == std::string_view::npos) throw wrong("the IPv6 address has no closing bracket");
        url.host = host_of(authority.substr(1, end - 1), true);
        rest = authority.substr(end + 1);
    } else {
        if (std::ranges::count(authority, ':') > 1) throw wrong("an IPv6 address stands in brackets: [::1]");
        const auto colon = std::min(authority.find(':'), authority.size());
        url.host = host_of(authority.substr(0, colon), false);
        rest = authority.substr(colon);
    }
    if (rest.empty()) return;
    if (!rest.starts_with(':')) throw wrong("only a port follows the closing bracket");
    url.port = port_of(rest.substr(1));
}

websocket_url take_apart(std::string_view text, url_use use) {
    if (text.empty()) throw wrong("no address is given");
    // RFC 3986 has only these; others would end up in the request.
    if (!std::ranges::all_of(text, [](char c) { return c > ' ' && c < '\x7f'; }))
        throw wrong("the address has a space, a control character or one that is not ASCII: write it as %20");
    if (text.find('#') != std::string_view::npos)
        throw wrong(fmt::format("{} has no #fragment: write # as %23", words_for(use).address));

    websocket_url url;
    url.use = use;
    url.tls = take_scheme(text, use);
    url.port = url.tls ? 443 : 80;
    const auto end = std::min(text.find_first_of("/?"), text.size());
    set_authority(url, text.substr(0, end));
    if (end < text.size()) url.target = (text[end] == '?' ? "/" : "") + std::string(text.substr(end));
    return url;
}

} // namespace

websocket_url parse_url(std::string_view text, url_use use) {
    try {
        return take_apart(text, use);
    } catch (const mistake& m) {
        const auto& words = words_for(use);
        throw failure(exit_code::usage, fmt::format("{}; expected {}://HOST[:PORT][/PATH][?QUERY], or {}:// for TLS",
                                                    m.what, words.plain, words.tls));
    }
}

std::string host_and_port(const websocket_url& url) {
    std::string text = url.host.find(':') == std::string::npos ? url.host : '[' + url.host + ']';
    if (url.port != (url.tls ? 443 : 80)) text += ':' + std::to_string(url.port);
    return text;
}

std::string without_secrets(const websocket_url& url) {
    const auto& words = words_for(url.use);
    return fmt::format("{}://{}{}", url.tls ? words.tls : words.plain, host_and_port(url),
                       url.target.substr(0, url.target.find('?')));
}

} // namespace audiosocket::app::websocket
