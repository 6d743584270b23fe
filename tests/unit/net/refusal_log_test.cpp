// SPDX-License-Identifier: Apache-2.0
#include "net/refusal_log.hpp"

#include <gtest/gtest.h>

using namespace audiosocket;
using namespace audiosocket::detail;
using namespace std::chrono_literals;

namespace {

using boost::asio::ip::tcp;

const tcp::endpoint first_peer(boost::asio::ip::make_address("192.0.2.1"), 1000);
const tcp::endpoint second_peer(boost::asio::ip::make_address("192.0.2.2"), 2000);
const time_point start(1h);

} // namespace

TEST(refusal_log, nothing_is_due_before_the_first_refusal) {
    listener_statistics totals;
    EXPECT_EQ(refusal_log(totals).due(), time_point::max());
}

TEST(refusal_log, first_refusal_is_due_at_once_and_the_next_ones_after_the_interval) {
    listener_statistics totals;
    refusal_log log(totals);
    log.add(first_peer, refusal::full);
    EXPECT_LE(log.due(), start);
    EXPECT_EQ(log.take(start).total(), 1U);
    EXPECT_EQ(log.due(), time_point::max());

    log.add(first_peer, refusal::full);
    EXPECT_EQ(log.due(), start + refusal_log::interval);
    log.add(first_peer, refusal::full);
    EXPECT_EQ(log.due(), start + refusal_log::interval);
    EXPECT_EQ(log.take(start + refusal_log::interval).total(), 2U);
}

TEST(refusal_log, refusal_after_a_quiet_time_is_due_at_once) {
    listener_statistics totals;
    refusal_log log(totals);
    log.add(first_peer, refusal::full);
    log.take(start);
    log.add(first_peer, refusal::full);
    EXPECT_LE(log.due(), start + 1h);
}

TEST(refusal_log, summary_counts_reasons_and_names_the_first) {
    listener_statistics totals;
    refusal_log log(totals);
    log.add(first_peer, refusal::network);
    log.take(start);
    log.add(second_peer, refusal::host);
    log.add(first_peer, refusal::network);
    log.add(first_peer, refusal::files);
    log.add(first_peer, refusal::full);
    log.add(first_peer, refusal::full);
    const auto summary = log.take(start + 1s);
    EXPECT_EQ(summary.first_peer, second_peer);
    EXPECT_EQ(summary.first_reason, refusal::host);
    EXPECT_EQ(summary.host, 1U);
    EXPECT_EQ(summary.network, 1U);
    EXPECT_EQ(summary.files, 1U);
    EXPECT_EQ(summary.full, 2U);
    EXPECT_EQ(totals.refused, 6U);
    EXPECT_EQ(totals.refused_network, 2U);
    EXPECT_EQ(totals.refused_host, 1U);
    EXPECT_EQ(totals.refused_files, 1U);
    EXPECT_EQ(totals.refused_full, 2U);
}

TEST(refusal_log, wrong_headers_of_proxies_are_counted) {
    listener_statistics totals;
    refusal_log log(totals);
    log.add(first_peer, refusal::proxy_header, "no PROXY header at the start");
    const auto summary = log.take(start);
    EXPECT_EQ(summary.proxy_header, 1U);
    EXPECT_EQ(summary.total(), 1U);
    EXPECT_EQ(totals.refused_proxy_header, 1U);
    EXPECT_EQ(totals.refused, 1U);
}

TEST(refusal_log, detail_of_the_first_refusal_is_kept) {
    listener_statistics totals;
    refusal_log log(totals);
    log.add(first_peer, refusal::options, "ptime is 21 ms");
    log.add(second_peer, refusal::options, "another");
    const auto summary = log.take(start);
    EXPECT_EQ(summary.first_detail, "ptime is 21 ms");
    EXPECT_EQ(summary.options, 2U);
    EXPECT_EQ(summary.total(), 2U);
    EXPECT_EQ(totals.refused_options, 2U);
    EXPECT_EQ(log.take(start + 1s).first_detail, "");
}
