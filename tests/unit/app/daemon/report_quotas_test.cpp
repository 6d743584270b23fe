// SPDX-License-Identifier: Apache-2.0
#include "daemon/report_quotas.hpp"

#include <gtest/gtest.h>

#include <set>
#include <string>

using namespace audiosocket::app;
using namespace std::chrono_literals;

namespace {

const auto peer = boost::asio::ip::make_address("10.0.0.1");
constexpr report_quotas::time_point begin{};

} // namespace

TEST(report_quotas, flood_of_one_kind_hides_nothing_of_another) {
    report_quotas quotas(800);
    int digits = 0;
    for (int n = 0; n < 100'000; ++n)
        digits += quotas.allows(reported::key_events, peer, begin) ? 1 : 0;
    EXPECT_EQ(digits, 500);
    EXPECT_TRUE(quotas.allows(reported::call_events, peer, begin));
    EXPECT_TRUE(quotas.allows(reported::call_lines, peer, begin));
    EXPECT_TRUE(quotas.allows(reported::early_ends, peer, begin));
    EXPECT_TRUE(quotas.allows(reported::wrong_tokens, peer, begin));
    const auto all = quotas.take_left_out(begin + 1s, false);
    ASSERT_EQ(all.size(), 1U);
    EXPECT_EQ(all[0].what, reported::key_events);
    EXPECT_EQ(all[0].who, peer);
    EXPECT_EQ(all[0].count, 99'500U);
    EXPECT_TRUE(quotas.take_left_out(begin + 1s, true).empty());
}

TEST(report_quotas, all_calls_of_one_peer_may_begin_and_end_within_a_second) {
    report_quotas quotas(5000);
    for (int n = 0; n < 2 * 5000; ++n)
        ASSERT_TRUE(quotas.allows(reported::call_events, peer, begin)) << n;
}

TEST(report_quotas, every_kind_has_words_of_its_own) {
    std::set<std::string> all;
    for (const auto what : {reported::call_lines, reported::early_ends, reported::call_events, reported::key_events,
                            reported::wrong_tokens})
        all.insert(words_for(what));
    EXPECT_EQ(all.size(), 5U);
    EXPECT_TRUE(is_event(reported::call_events) && is_event(reported::key_events));
    EXPECT_FALSE(is_event(reported::call_lines) || is_event(reported::early_ends) || is_event(reported::wrong_tokens));
}
