// SPDX-License-Identifier: Apache-2.0
#include <audiosocket/net/network.hpp>

#include <gtest/gtest.h>

#include <stdexcept>

using namespace audiosocket;

namespace {

bool contains(const char* net, const char* one) {
    return network::parse(net).contains(boost::asio::ip::make_address(one));
}

std::string complaint(const std::string& text) {
    try {
        return "read as " + network::parse(text).to_string();
    } catch (const std::invalid_argument& e) {
        return e.what();
    }
}

} // namespace

TEST(network, prefix_holds_what_begins_with_its_bits_and_nothing_else) {
    EXPECT_TRUE(contains("10.0.0.0/8", "10.255.255.255"));
    EXPECT_FALSE(contains("10.0.0.0/8", "11.0.0.0"));
    EXPECT_TRUE(contains("192.168.4.0/22", "192.168.7.255"));
    EXPECT_FALSE(contains("192.168.4.0/22", "192.168.8.0"));
    EXPECT_FALSE(contains("192.168.4.0/22", "192.168.3.255"));
    EXPECT_TRUE(contains("2001:db8::/33", "2001:db8:7fff::1"));
    EXPECT_FALSE(contains("2001:db8::/33", "2001:db8:8000::1"));
}

TEST(network, single_address_holds_only_itself) {
    for (const char* text : {"192.0.2.1", "192.0.2.1/32"}) {
        EXPECT_TRUE(contains(text, "192.0.2.1"));
        EXPECT_FALSE(contains(text, "192.0.2.0"));
    }
    EXPECT_TRUE(contains("::1", "::1"));
    EXPECT_FALSE(contains("::1/128", "::2"));
}

TEST(network, ipv4_as_ipv6_is_ipv4) {
    EXPECT_TRUE(contains("10.0.0.0/8", "::ffff:10.1.2.3"));
    EXPECT_TRUE(contains("::ffff:10.0.0.0/104", "10.1.2.3"));
    EXPECT_EQ(network::parse("::ffff:10.0.0.0/104").to_string(), "10.0.0.0/8");
    EXPECT_EQ(host_key_of(boost::asio::ip::make_address("::ffff:10.1.2.3")),
              host_key_of(boost::asio::ip::make_address("10.1.2.3")));
}

TEST(network, of_length_zero_holds_its_family) {
    EXPECT_TRUE(contains("0.0.0.0/0", "203.0.113.9"));
    EXPECT_TRUE(contains("0.0.0.0/0", "::ffff:203.0.113.9"));
    EXPECT_FALSE(contains("0.0.0.0/0", "2001:db8::1"));
    EXPECT_TRUE(contains("::/0", "2001:db8::1"));
    EXPECT_FALSE(contains("::/0", "203.0.113.9"));
}

TEST(network, text_of_it_reads_as_itself) {
    for (const char* text : {"10.0.0.0/8", "192.0.2.1", "2001:db8::/32", "::/0", "0.0.0.0/0"}) {
        EXPECT_EQ(network::parse(text).to_string(), text);
        EXPECT_EQ(network::parse(network::parse(text).to_string()), network::parse(text));
    }
}

TEST(network, host_bits_are_an_error_that_tells_the_cure) {
    EXPECT_EQ(complaint("10.1.2.3/8"),
              "\"10.1.2.3/8\": the address has bits set beyond its first 8; write 10.0.0.0/8 for "
              "the network, or 10.1.2.3 for that one address");
    EXPECT_EQ(
        complaint("2001:db8::1/33"),
        "\"2001:db8::1/33\": the address has bits set beyond its first 33; write 2001:db8::/33 for the network, or "
        "2001:db8::1 for that one address");
    EXPECT_NE(complaint("10.0.0.1/0").find("write 0.0.0.0/0"), std::string::npos);
}

TEST(network, everything_else_is_refused_with_what_to_write) {
    for (const std::string text :
         {"", "/8", "10.0.0", "10.0.0.0.0/8", "localhost", "fe80::1%lo", "[::1]", " 10.0.0.0/8"})
        EXPECT_NE(complaint(text).find("expected an IP address or a network, as"), std::string::npos)
            << complaint(text);
    for (const std::string text : {"10.0.0.0/33", "10.0.0.0/255.0.0.0", "10.0.0.0/", "10.0.0.0/-1", "10.0.0.0/8x",
                                   "10.0.0.0/+8", "10.0.0.0/99999999999999999999999"})
        EXPECT_NE(complaint(text).find("from 0 to 32"), std::string::npos) << complaint(text);
    EXPECT_NE(complaint("::/129").find("from 0 to 128"), std::string::npos);
    EXPECT_NE(complaint("::ffff:0.0.0.0/8").find("IPv4 network"), std::string::npos);
    EXPECT_LT(complaint(std::string(100'000, 'a')).size(), 200U); // the message does not repeat everything
}
