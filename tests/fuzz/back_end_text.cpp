// SPDX-License-Identifier: Apache-2.0
// What an operator writes about a back end: its address, header fields, and placeholders in both, which an announcement
// fills in. An accepted address is read again from its parts; no value of a placeholder leaves its place.
//
// Input: a line with the text, then a line each for from, to, and a parameter with the name x.

#include "fuzz/input.hpp"
#include "fuzz/require.hpp"

#include "base/failure.hpp"
#include "gateway/placeholders.hpp"
#include "gateway/secret_files.hpp"
#include "websocket/websocket_url.hpp"

#include <array>
#include <sstream>

using namespace audiosocket;
namespace app = audiosocket::app;
namespace websocket = audiosocket::app::websocket;
using app::exit_code;
using app::failure;
using websocket::url_use;

namespace {

void check_url(const std::string& text, url_use use) {
    try {
        const auto url = websocket::parse_url(text, use);
        REQUIRE(!url.host.empty() && url.port != 0 && url.target.starts_with('/') && url.use == use);
        for (const char c : url.host + url.target)
            REQUIRE(static_cast<unsigned char>(c) > ' ' && c != '\x7f');
        const bool web = use == url_use::http;
        const std::string scheme = web ? (url.tls ? "https://" : "http://") : (url.tls ? "wss://" : "ws://");
        const auto again = websocket::parse_url(scheme + websocket::host_and_port(url) + url.target, use);
        REQUIRE(again.host == url.host && again.port == url.port && again.target == url.target && again.tls == url.tls);
        REQUIRE(websocket::without_secrets(url).find('?') == std::string::npos);
    } catch (const failure& e) {
        REQUIRE(e.code() == exit_code::usage && *e.what() != '\0');
    }
}

void check_header(const std::string& text, const gateway::call_context& context) {
    try {
        const auto [name, value] = app::gateway::parse_header(text);
        REQUIRE(!name.empty() && name.find_first_of(": \r\n") == std::string::npos);
        REQUIRE(value.find_first_of("\r\n") == std::string::npos);
        const auto sent = app::gateway::expand(value, context, app::gateway::placeholder_use::header);
        for (const char c : sent)
            REQUIRE(static_cast<unsigned char>(c) >= ' ' || c == '\t');
    } catch (const failure& e) {
        REQUIRE(e.code() == exit_code::usage && *e.what() != '\0');
    }
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    std::istringstream lines(std::string(reinterpret_cast<const char*>(data), size));
    std::string text;
    std::getline(lines, text);
    gateway::call_context context;
    std::getline(lines, context.from);
    std::getline(lines, context.to);
    std::getline(lines, context.parameters["x"]);

    check_url(text, url_use::websocket);
    check_url(text, url_use::http);
    check_header(text, context);
    try {
        app::gateway::check_placeholders(text);
    } catch (const failure& e) {
        REQUIRE(e.code() == exit_code::usage && *e.what() != '\0');
        return 0;
    }
    const auto plain = app::gateway::expand(text, context, app::gateway::placeholder_use::text);
    if (text.find('{') == std::string::npos) REQUIRE(plain == text);
    // In an address, values have only characters that mean nothing there.
    const auto around =
        app::gateway::expand("ws://host/{from}/{x}?q={to}", context, app::gateway::placeholder_use::address);
    const auto url = websocket::parse_url(around);
    REQUIRE(url.host == "host" && url.port == 80);
    REQUIRE(std::ranges::count(url.target, '/') == 2 && std::ranges::count(url.target, '?') == 1);
    REQUIRE(std::ranges::count(url.target, '&') == 0 && std::ranges::count(url.target, '#') == 0);
    return 0;
}
