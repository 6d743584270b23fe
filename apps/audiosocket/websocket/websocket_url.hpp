// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace audiosocket::app::websocket {

/// What an address is for.
enum class url_use {
    websocket, ///< ws:// and wss:// (RFC 6455 section 3).
    http,      ///< http:// and https://.
};

/// An address of a server, taken apart.
struct websocket_url {
    bool tls = false;         ///< wss or https, rather than ws or http.
    std::string host;         ///< A name or an IP address; that of IPv6 without its brackets.
    std::uint16_t port = 80;  ///< By default 80, and 443 with TLS.
    std::string target = "/"; ///< Path and query, as they go into the request.
    url_use use = url_use::websocket;
};

/// Takes an address apart. Throws failure (usage), which says what is wrong with it; no user name, password or query is
/// quoted there, because they may be secrets.
websocket_url parse_url(std::string_view text, url_use use = url_use::websocket);

/// Returns the host, with its port where that is not the default, as in a request: `api.example`, `[::1]:8080`.
std::string host_and_port(const websocket_url& url);

/// Returns the address without user name, password and query: for logs.
std::string without_secrets(const websocket_url& url);

} // namespace audiosocket::app::websocket
