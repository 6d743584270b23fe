// SPDX-License-Identifier: Apache-2.0
#include "websocket/websocket_server.hpp"

#include <algorithm>

namespace audiosocket::app::websocket {
namespace {

bool same_name(std::string_view a, std::string_view b) {
    const auto lower = [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; };
    return std::ranges::equal(a, b, [&](char x, char y) { return lower(x) == lower(y); });
}

} // namespace

std::string_view opening_request::header(std::string_view name) const noexcept {
    for (const auto& [each, value] : headers)
        if (same_name(each, name)) return value;
    return {};
}

bool opening_request::offers(std::string_view subprotocol) const {
    for (const auto& [name, value] : headers) {
        if (!same_name(name, "Sec-WebSocket-Protocol")) continue;
        // "a, b": tokens, which have neither commas nor spaces.
        for (std::string_view rest = value; !rest.empty();) {
            const auto begin = std::min(rest.find_first_not_of(", \t"), rest.size());
            rest.remove_prefix(begin);
            const auto end = std::min(rest.find_first_of(", \t"), rest.size());
            if (end > 0 && rest.substr(0, end) == subprotocol) return true;
            rest.remove_prefix(end);
        }
    }
    return false;
}

} // namespace audiosocket::app::websocket
