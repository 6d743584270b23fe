// SPDX-License-Identifier: Apache-2.0
#include "base/host_port.hpp"

#include "base/failure.hpp"

#include <gtest/gtest.h>

namespace audiosocket::app {
namespace {

template <class Parse>
std::string complaint(Parse parse, const std::string& text) {
    try {
        return "none, but " + to_string(parse(text));
    } catch (const failure& e) {
        EXPECT_EQ(e.code(), exit_code::usage);
        return e.what();
    }
}

TEST(parse_server_address, port_may_be_left_out) {
    EXPECT_EQ(parse_server_address("pbx.example"), (address{"pbx.example", 9092}));
    EXPECT_EQ(parse_server_address("[::1]:9000"), (address{"::1", 9000}));
}

TEST(parse_server_address, complaint_says_what_is_wrong_and_what_to_write) {
    const std::string expected = "expected HOST:PORT or [IPV6]:PORT, as pbx.example:9092 or [::1]:9092";
    EXPECT_EQ(complaint(parse_server_address, ""), "no address is given: " + expected);
    EXPECT_EQ(complaint(parse_server_address, ":9092"), "\":9092\": the host is missing; " + expected);
    EXPECT_EQ(complaint(parse_server_address, "localhost:0"), "\"localhost:0\": no server has port 0; " + expected);
    EXPECT_EQ(complaint(parse_server_address, "9092"),
              "\"9092\": a port alone is written as 127.0.0.1:9092; " + expected);
    EXPECT_EQ(complaint(parse_server_address, "::1"), "\"::1\": " + expected);
    EXPECT_EQ(complaint(parse_server_address, "localhost:x"), "\"localhost:x\": " + expected);
    for (const char* text : {"localhost:65536", "[::1]:99999", "localhost:4294967297"})
        EXPECT_EQ(complaint(parse_server_address, text),
                  '"' + std::string(text) + "\": a port is at most 65535; " + expected);
}

TEST(parse_listen_address, every_address_and_a_free_port_are_allowed) {
    EXPECT_EQ(parse_listen_address(":0"), (address{"", 0}));
    EXPECT_EQ(parse_listen_address("127.0.0.1"), (address{"127.0.0.1", 9092}));
    EXPECT_EQ(complaint(parse_listen_address, "::1"),
              "\"::1\": expected HOST:PORT or [IPV6]:PORT, as 0.0.0.0:9092 or [::1]:9092");
    EXPECT_EQ(complaint(parse_listen_address, "22001"),
              "\"22001\": a port alone is written as :22001; expected HOST:PORT or [IPV6]:PORT, as 0.0.0.0:9092 or "
              "[::1]:9092");
}

TEST(parse_listen_address_with_port, missing_port_is_refused) {
    EXPECT_EQ(parse_listen_address_with_port("[::1]:9093"), (address{"::1", 9093}));
    EXPECT_EQ(parse_listen_address_with_port(":9093"), (address{"", 9093}));
    const std::string expected = "expected HOST:PORT or [IPV6]:PORT, as 127.0.0.1:9093 or [::1]:9093";
    EXPECT_EQ(complaint(parse_listen_address_with_port, ""), "no address is given: " + expected);
    EXPECT_EQ(complaint(parse_listen_address_with_port, "9093"),
              "\"9093\": a port alone is written as 127.0.0.1:9093; " + expected);
    for (const char* text : {"localhost", "[::1]"})
        EXPECT_EQ(complaint(parse_listen_address_with_port, text),
                  '"' + std::string(text) + "\": the port is missing; " + expected);
}

TEST(host_port, ipv6_address_has_brackets) {
    using boost::asio::ip::make_address;
    EXPECT_EQ(host_port({make_address("10.0.0.1"), 9092}), "10.0.0.1:9092");
    EXPECT_EQ(host_port({make_address("::1"), 80}), "[::1]:80");
}

TEST(host_port, ipv4_peer_of_an_ipv6_socket_is_shown_as_ipv4) {
    EXPECT_EQ(host_port({boost::asio::ip::make_address("::ffff:10.0.0.1"), 9092}), "10.0.0.1:9092");
}

} // namespace
} // namespace audiosocket::app
