// SPDX-License-Identifier: Apache-2.0
#include "base/printable.hpp"
#include "log/log_line.hpp"
#include "log/peer_quota.hpp"

#include "support/environment.hpp"

#include <boost/json/parse.hpp>

#include <gtest/gtest.h>

#include <sys/stat.h>
#include <unistd.h>

using namespace audiosocket::app;
using audiosocket::test::environment_variable;
namespace json = boost::json;
using namespace std::chrono_literals;

namespace {

const std::chrono::system_clock::time_point noon{std::chrono::milliseconds(1'700'000'000'042)};

boost::asio::ip::address ip(const char* text) {
    return boost::asio::ip::make_address(text);
}

peer_quota::time_point at(std::chrono::milliseconds time) {
    return peer_quota::time_point{} + 1h + time;
}

} // namespace

TEST(printable, controls_and_bytes_that_are_no_text_are_escaped) {
    EXPECT_EQ(printable("a b \xc3\xa4 \xe2\x82\xac \xf0\x9f\x98\x80"), "a b \xc3\xa4 \xe2\x82\xac \xf0\x9f\x98\x80");
    EXPECT_EQ(printable("1\n2\r3\t4"), "1\\n2\\r3\\t4");
    EXPECT_EQ(printable(std::string_view("\x1b[31m\0\x7f", 7)), "\\x1b[31m\\x00\\x7f");
    EXPECT_EQ(printable("\xc2\x9b"), "\\x9b");                                          // CSI as one character
    EXPECT_EQ(printable("a\xe2\x80\xae"), "a\\u202e");                                  // the rest from right to left
    EXPECT_EQ(printable("\xff\xc3"), "\\xff\\xc3");                                     // invalid, and cut off
    EXPECT_EQ(printable("\xc0\x8a"), "\\xc0\\x8a");                                     // a line feed in too many bytes
    EXPECT_EQ(printable("\xe0\x80\x8a\xed\xa0\x80"), "\\xe0\\x80\\x8a\\xed\\xa0\\x80"); // and a surrogate
    EXPECT_EQ(printable("\xf4\x90\x80\x80"), "\\xf4\\x90\\x80\\x80");                   // beyond the last character
}

TEST(printable, utf8_is_recognised) {
    EXPECT_TRUE(is_utf8("a \x1b \xc3\xa4 \xf0\x9f\x98\x80"));
    EXPECT_TRUE(is_utf8(""));
    EXPECT_FALSE(is_utf8("a\xff"));
    EXPECT_FALSE(is_utf8("\xc3"));
    EXPECT_FALSE(is_utf8("\xed\xa0\x80")); // half of a character of UTF-16
}

TEST(log_line, json_has_time_level_message_and_fields) {
    const auto line =
        log_line(log_format::json, spdlog::level::warn, "a \"b\"\n\x1b", {{"peer", "x\ny"}, {"lines", 3}}, noon);
    EXPECT_EQ(std::count(line.begin(), line.end(), '\n'), 1);
    EXPECT_EQ(json::parse(line), json::value({{"time", "2023-11-14T22:13:20.042Z"},
                                              {"level", "warning"},
                                              {"message", "a \"b\"\\n\\x1b"},
                                              {"peer", "x\\ny"},
                                              {"lines", 3}}));
}

TEST(log_line, text_is_one_line_and_the_journal_gets_its_priority) {
    const auto text = log_line(log_format::text, spdlog::level::info, "one\ntwo", {}, noon);
    EXPECT_EQ(text.substr(text.find(".042")), ".042 info: one\\ntwo\n");
    EXPECT_EQ(log_line(log_format::journal, spdlog::level::err, "x", {}, noon), "<3>x\n");
    EXPECT_EQ(log_line(log_format::journal, spdlog::level::debug, "x", {}, noon), "<7>x\n");
    EXPECT_EQ(log_line(log_format::journal_json, spdlog::level::info, "x", {}, noon).substr(0, 4), "<6>{");
}

TEST(log_line, journal_is_recognised_by_device_and_file) {
    struct stat about {};
    ASSERT_EQ(fstat(STDERR_FILENO, &about), 0);
    const auto mine = std::to_string(about.st_dev) + ":" + std::to_string(about.st_ino);
    EXPECT_FALSE(logs_to_journal());
    {
        const environment_variable stream("JOURNAL_STREAM", mine);
        EXPECT_TRUE(logs_to_journal());
    }
    const environment_variable stream("JOURNAL_STREAM", "1:" + mine); // another process's
    EXPECT_FALSE(logs_to_journal());
}

TEST(peer_quota, flood_of_one_peer_leaves_another_its_lines) {
    peer_quota quota(5);
    int logged = 0;
    for (int i = 0; i < 1000; ++i)
        logged += quota.allows(ip("10.0.0.1"), at(0ms)) ? 1 : 0;
    EXPECT_EQ(logged, 5);
    EXPECT_TRUE(quota.allows(ip("10.0.0.2"), at(1ms)));
    EXPECT_TRUE(quota.take_left_out(at(999ms)).empty());
    const auto left_out = quota.take_left_out(at(1000ms));
    ASSERT_EQ(left_out.size(), 1U);
    EXPECT_EQ(left_out[0].who, ip("10.0.0.1"));
    EXPECT_EQ(left_out[0].lines, 995U);
    EXPECT_TRUE(quota.allows(ip("10.0.0.1"), at(1001ms)));
    EXPECT_TRUE(quota.take_left_out(at(3000ms), true).empty()); // only once
}

TEST(peer_quota, next_second_of_a_flood_does_not_forget_the_last) {
    peer_quota quota(1);
    for (int i = 0; i < 4; ++i)
        quota.allows(ip("10.0.0.1"), at(0ms));
    EXPECT_TRUE(quota.allows(ip("10.0.0.1"), at(1000ms)));
    const auto left_out = quota.take_left_out(at(1000ms));
    ASSERT_EQ(left_out.size(), 1U);
    EXPECT_EQ(left_out[0].lines, 3U);
}

TEST(peer_quota, window_may_be_longer_than_a_second) {
    peer_quota quota(2, 10s);
    EXPECT_TRUE(quota.allows(ip("10.0.0.1"), at(0ms)));
    EXPECT_TRUE(quota.allows(ip("10.0.0.1"), at(5s)));
    EXPECT_FALSE(quota.allows(ip("10.0.0.1"), at(9999ms)));
    EXPECT_TRUE(quota.take_left_out(at(9999ms)).empty());
    EXPECT_TRUE(quota.allows(ip("10.0.0.1"), at(10s)));
}

TEST(peer_quota, address_in_other_clothes_is_the_same_peer) {
    peer_quota quota(1);
    EXPECT_TRUE(quota.allows(ip("10.0.0.1"), at(0ms)));
    EXPECT_FALSE(quota.allows(ip("::ffff:10.0.0.1"), at(0ms)));
    EXPECT_TRUE(quota.allows(ip("2001:db8:0:1::1"), at(0ms)));
    EXPECT_FALSE(quota.allows(ip("2001:db8:0:1:ffff::2"), at(0ms)));
    EXPECT_TRUE(quota.allows(ip("2001:db8:0:2::1"), at(0ms)));
}

TEST(peer_quota, more_peers_than_places_share_one_quota) {
    peer_quota quota(2);
    const auto peer = [](std::size_t i) {
        return boost::asio::ip::address(
            boost::asio::ip::address_v4(static_cast<boost::asio::ip::address_v4::uint_type>(i)));
    };
    std::size_t logged = 0;
    for (std::size_t i = 0; i < 10'000; ++i)
        logged += quota.allows(peer(i), at(0ms)) ? 1U : 0U;
    EXPECT_EQ(logged, peer_quota::peers_max + 2);
    EXPECT_TRUE(quota.allows(peer(0), at(1ms))); // the first line keeps its place
    const auto left_out = quota.take_left_out(at(1ms), true);
    ASSERT_EQ(left_out.size(), 1U);
    EXPECT_FALSE(left_out[0].who);
    EXPECT_EQ(left_out[0].lines, 10'000 - logged);
    EXPECT_TRUE(quota.allows(peer(9'999), at(2000ms))); // there are places again
    EXPECT_TRUE(quota.allows(peer(9'999), at(2000ms)));
    EXPECT_FALSE(quota.allows(peer(9'999), at(2000ms)));
}
