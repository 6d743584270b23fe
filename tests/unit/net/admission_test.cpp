// SPDX-License-Identifier: Apache-2.0
#include "net/admission.hpp"

#include <gtest/gtest.h>

using namespace audiosocket;
using namespace audiosocket::detail;

namespace {

const auto first_host = boost::asio::ip::make_address("192.0.2.1");
const auto second_host = boost::asio::ip::make_address("192.0.2.2");

} // namespace

TEST(admission, first_limit_that_is_reached_is_the_reason) {
    listener_options o;
    o.allow = {network::parse("192.0.2.0/31")};
    o.calls_max = 3;
    o.calls_per_host_max = 1;
    admission a(o);
    a.enter(host_key_of(first_host));
    EXPECT_EQ(a.refuses(second_host, 99), refusal::network);
    EXPECT_EQ(a.refuses(first_host, 3), refusal::full);
    EXPECT_EQ(a.refuses(first_host, 2), refusal::host);
    a.leave(host_key_of(first_host));
    EXPECT_EQ(a.refuses(first_host, 2), std::nullopt);
}

TEST(admission, proxy_itself_is_limited_by_the_number_of_calls_only) {
    listener_options o;
    o.allow = {network::parse("192.0.2.2")};
    o.proxies = {network::parse("192.0.2.1")};
    o.calls_max = 3;
    o.calls_per_host_max = 1;
    admission a(o);
    EXPECT_TRUE(a.is_proxy(first_host));
    EXPECT_FALSE(a.is_proxy(second_host));
    a.enter(host_key_of(first_host));
    EXPECT_EQ(a.refuses_proxy(2), std::nullopt);
    EXPECT_EQ(a.refuses_proxy(3), refusal::full);
    EXPECT_EQ(a.refuses(first_host, 0), refusal::network); // as a peer that a header names
}

TEST(admission, host_is_counted_as_often_as_it_entered_also_where_ipv4_comes_as_ipv6) {
    listener_options o;
    o.calls_per_host_max = 2;
    admission a(o);
    a.enter(host_key_of(first_host));
    a.enter(host_key_of(boost::asio::ip::make_address("::ffff:192.0.2.1")));
    EXPECT_EQ(a.refuses(first_host, 0), refusal::host);
    EXPECT_EQ(a.refuses(second_host, 0), std::nullopt);
    a.leave(host_key_of(first_host));
    EXPECT_EQ(a.refuses(first_host, 0), std::nullopt);
}

TEST(admission, new_options_apply_to_the_counts_of_before) {
    admission a({});
    a.enter(host_key_of(first_host));
    EXPECT_EQ(a.refuses(first_host, 0), std::nullopt);
    listener_options one;
    one.calls_per_host_max = 1;
    a.set_options(one);
    EXPECT_EQ(a.refuses(first_host, 0), refusal::host);
}

TEST(admission, last_files_are_reserved) {
    listener_options o;
    o.files_reserved = 10;
    const admission a(o);
    EXPECT_FALSE(a.files_run_out(89, 100));
    EXPECT_TRUE(a.files_run_out(90, 100));
}

TEST(admission, no_more_than_a_quarter_of_the_files_is_reserved) {
    listener_options o;
    o.files_reserved = 1000;
    const admission a(o);
    EXPECT_FALSE(a.files_run_out(74, 100));
    EXPECT_TRUE(a.files_run_out(75, 100));
}

TEST(admission, options_beyond_their_limits_are_refused) {
    listener_options o;
    EXPECT_NO_THROW(validate(o));
    o.calls_max = 0;
    EXPECT_THROW(validate(o), std::invalid_argument);
    o = {};
    o.handshakes_max = 0;
    EXPECT_THROW(validate(o), std::invalid_argument);
    o = {};
    o.allow.assign(listener_options::networks_max + 1, network::parse("10.0.0.0/8"));
    EXPECT_THROW(validate(o), std::invalid_argument);
}
