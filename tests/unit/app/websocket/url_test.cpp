// SPDX-License-Identifier: Apache-2.0
#include "websocket/websocket_url.hpp"

#include "base/failure.hpp"

#include <gtest/gtest.h>

using namespace audiosocket::app;
using namespace audiosocket::app::websocket;

namespace {

// Returns the message about an address that is refused.
std::string refusal(std::string_view text, url_use use = url_use::websocket) {
    try {
        parse_url(text, use);
    } catch (const failure& e) {
        EXPECT_EQ(e.code(), exit_code::usage);
        return e.what();
    }
    return "accepted";
}

} // namespace

TEST(websocket_url, whole_address_is_taken_apart) {
    const auto url = parse_url("wss://api.example:8443/v1/realtime?model=x&y=%20");
    EXPECT_TRUE(url.tls);
    EXPECT_EQ(url.host, "api.example");
    EXPECT_EQ(url.port, 8443);
    EXPECT_EQ(url.target, "/v1/realtime?model=x&y=%20");
}

TEST(websocket_url, port_and_path_have_defaults) {
    const auto plain = parse_url("ws://bot");
    EXPECT_FALSE(plain.tls);
    EXPECT_EQ(plain.port, 80);
    EXPECT_EQ(plain.target, "/");
    EXPECT_EQ(parse_url("WSS://bot").port, 443);
    EXPECT_EQ(parse_url("ws://bot?x=1").target, "/?x=1");
    EXPECT_EQ(parse_url("ws://bot:1/").port, 1);
    EXPECT_EQ(parse_url("ws://bot:65535").port, 65535);
}

TEST(websocket_url, ipv6_address_loses_its_brackets_and_gets_them_back) {
    const auto url = parse_url("ws://[::1]:8765/x");
    EXPECT_EQ(url.host, "::1");
    EXPECT_EQ(url.port, 8765);
    EXPECT_EQ(host_and_port(url), "[::1]:8765");
    EXPECT_EQ(host_and_port(parse_url("ws://[::1]")), "[::1]");
}

TEST(websocket_url, what_is_wrong_is_said) {
    EXPECT_NE(refusal("").find("no address"), std::string::npos);
    EXPECT_NE(refusal("bot.example:8765").find("begins with ws://"), std::string::npos);
    EXPECT_NE(refusal("https://bot.example/").find("write wss://"), std::string::npos);
    EXPECT_NE(refusal("http://bot.example/").find("write ws://"), std::string::npos);
    EXPECT_NE(refusal("ftp://bot.example/").find("ftp://"), std::string::npos);
    EXPECT_NE(refusal("ws://").find("host is missing"), std::string::npos);
    EXPECT_NE(refusal("ws:///path").find("host is missing"), std::string::npos);
    EXPECT_NE(refusal("ws://:80/").find("host is missing"), std::string::npos);
    EXPECT_NE(refusal("ws://bot:0/").find("1 to 65535"), std::string::npos);
    EXPECT_NE(refusal("ws://bot:65536/").find("1 to 65535"), std::string::npos);
    EXPECT_NE(refusal("ws://bot:8o/").find("1 to 65535"), std::string::npos);
    EXPECT_NE(refusal("ws://bot:/").find("1 to 65535"), std::string::npos);
    EXPECT_NE(refusal("ws://::1/").find("brackets"), std::string::npos);
    EXPECT_NE(refusal("ws://[::1]x/").find("only a port"), std::string::npos);
    EXPECT_NE(refusal("ws://[::1/").find("closing bracket"), std::string::npos);
    EXPECT_NE(refusal("ws://[bot]/").find("not an IPv6"), std::string::npos);
    EXPECT_NE(refusal("ws://bo%74/").find("character"), std::string::npos);
    EXPECT_NE(refusal("ws://bot/a b").find("space"), std::string::npos);
    EXPECT_NE(refusal("ws://bot/a\r\nX: y").find("control character"), std::string::npos);
    EXPECT_NE(refusal("ws://bot/#x").find("#fragment"), std::string::npos);
    EXPECT_NE(refusal("ws://bot/ws://[::1]").find("accepted"), std::string::npos); // any path is a path
}

TEST(websocket_url, secrets_are_never_quoted) {
    for (const auto* text : {"ws://user:secret@bot/", "wss://secret@bot/", "ws://bot:80 /?key=secret", "secret://x y",
                             "ws://b^t/?key=secret", "ws://bot/?key=secret#x", "ws://bot:secret/", "secret/?x"})
        EXPECT_EQ(refusal(text).find("secret"), std::string::npos) << text;
    EXPECT_NE(refusal("ws://user:secret@bot/").find("header"), std::string::npos);
    EXPECT_EQ(without_secrets(parse_url("wss://bot:443/v1?key=secret")), "wss://bot/v1");
    EXPECT_EQ(without_secrets(parse_url("ws://bot:8765?key=secret")), "ws://bot:8765/");
}

TEST(websocket_url, addresses_of_http_are_another_use) {
    const auto url = parse_url("https://hooks.example/status?key=secret", url_use::http);
    EXPECT_TRUE(url.tls);
    EXPECT_EQ(url.host, "hooks.example");
    EXPECT_EQ(url.port, 443);
    EXPECT_EQ(without_secrets(url), "https://hooks.example/status");
    EXPECT_EQ(without_secrets(parse_url("HTTP://[::1]:8080", url_use::http)), "http://[::1]:8080/");
    EXPECT_NE(refusal("ws://hooks.example/", url_use::http).find("write http://"), std::string::npos);
    EXPECT_NE(refusal("wss://hooks.example/", url_use::http).find("write https://"), std::string::npos);
    EXPECT_NE(refusal("hooks.example", url_use::http).find("begins with http:// or https://"), std::string::npos);
    EXPECT_NE(refusal("http://", url_use::http).find("expected http://HOST"), std::string::npos);
}
