// SPDX-License-Identifier: Apache-2.0
#include "admin/guard.hpp"

#include <boost/asio/ip/address.hpp>

#include <algorithm>
#include <cctype>
#include <cstdint>

namespace audiosocket::app::admin {
namespace {

bool same_word(std::string_view a, std::string_view b) {
    return std::ranges::equal(a, b,
                              [](unsigned char x, unsigned char y) { return std::tolower(x) == std::tolower(y); });
}

// Returns "QWxhZGRpbg==" of "Basic QWxhZGRpbg==", if `scheme` is the first word.
std::optional<std::string_view> credentials(std::string_view authorization, std::string_view scheme) {
    const auto space = authorization.find(' ');
    if (space == std::string_view::npos || !same_word(authorization.substr(0, space), scheme)) return std::nullopt;
    authorization.remove_prefix(std::min(authorization.find_first_not_of(' ', space), authorization.size()));
    return authorization;
}

// Removes the port, and the brackets of an IPv6 address.
std::string_view host_part(std::string_view host) {
    if (host.starts_with('[')) return host.substr(1, std::max<std::size_t>(host.find(']'), 1) - 1);
    return host.substr(0, host.find(':'));
}

std::optional<unsigned> base64_value(char c) {
    if (c >= 'A' && c <= 'Z') return c - 'A';
    if (c >= 'a' && c <= 'z') return c - 'a' + 26;
    if (c >= '0' && c <= '9') return c - '0' + 52;
    if (c == '+') return 62;
    if (c == '/') return 63;
    return std::nullopt;
}

} // namespace

bool equal_in_constant_time(std::string_view a, std::string_view b) noexcept {
    unsigned char different = a.size() != b.size();
    for (std::size_t i = 0; i < a.size() && !b.empty(); ++i)
        different |= static_cast<unsigned char>(a[i] ^ b[i % b.size()]);
    return different == 0;
}

std::optional<std::string> from_base64(std::string_view text) {
    if (text.size() % 4 != 0) return std::nullopt;
    for (int padding = 0; padding < 2 && text.ends_with('='); ++padding)
        text.remove_suffix(1);
    std::string out;
    std::uint32_t bits = 0;
    int count = 0;
    for (const char c : text) {
        const auto value = base64_value(c);
        if (!value) return std::nullopt;
        bits = bits << 6 | *value;
        count += 6;
        if (count < 8) continue;
        count -= 8;
        out += static_cast<char>(bits >> count & 0xff);
    }
    return out;
}

bool only_looks(const request& r) {
    return r.method == "GET" || r.method == "HEAD";
}

// A browser cannot send a bearer token; it asks for a name and a password. Any name is accepted.
bool guard::has_token(const request& r) const {
    if (const auto bearer = credentials(r.authorization, "Bearer")) return equal_in_constant_time(*bearer, token_);
    const auto basic = credentials(r.authorization, "Basic");
    const auto name_and_password = basic ? from_base64(*basic) : std::nullopt;
    if (!name_and_password) return false;
    const auto colon = name_and_password->find(':');
    return colon != std::string::npos && equal_in_constant_time(name_and_password->substr(colon + 1), token_);
}

// An attacker's page may have a host name that later resolves to this address (DNS rebinding); the browser then sends
// that name. A bare address and localhost cannot be redirected in this way.
bool guard::names_us(std::string_view host) const {
    const auto name = host_part(host);
    boost::system::error_code error;
    boost::asio::ip::make_address(std::string(name), error);
    return !error || same_word(name, "localhost") || (!own_host_.empty() && same_word(name, own_host_));
}

std::optional<response> guard::refuse(const request& r) const {
    const bool probe = r.target == "/healthz"; // reveals nothing, and probes have no token
    if (!token_.empty() && !probe && !has_token(r)) {
        auto refusal = error_response(401, "send the token of --admin-token-file: Authorization: Bearer TOKEN");
        refusal.fields.emplace_back("WWW-Authenticate", "Basic realm=\"audiosocket: the token is the password\"");
        return refusal;
    }
    // A browser always sends the field Host. Load balancers need not, in HTTP/1.0.
    if (token_.empty() && !r.host.empty() && !names_us(r.host))
        return error_response(403, "Host: " + r.host.substr(0, 100) +
                                       " is not a name of this address; use its IP address or localhost");
    if (only_looks(r)) return std::nullopt;
    const bool our_page = !r.host.empty() && (r.origin == "http://" + r.host || r.origin == "https://" + r.host);
    const bool foreign_page = !r.origin.empty() && !our_page;
    if (foreign_page || r.fetch_site == "cross-site" || r.fetch_site == "same-site")
        return error_response(403, "a page of another site may not change anything here");
    return std::nullopt;
}

} // namespace audiosocket::app::admin
