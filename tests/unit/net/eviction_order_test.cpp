// SPDX-License-Identifier: Apache-2.0
#include "net/eviction_order.hpp"

#include <boost/asio/ip/address.hpp>

#include <gtest/gtest.h>

#include <map>
#include <random>
#include <vector>

using namespace audiosocket;
using detail::eviction_order;

namespace {

host_key host(const char* address) {
    return host_key_of(boost::asio::ip::make_address(address));
}

} // namespace

TEST(eviction_order, host_that_has_most_gives_way_with_its_oldest) {
    eviction_order order;
    order.add(host("192.0.2.1"));
    const auto first = order.add(host("192.0.2.2"));
    const auto second = order.add(host("192.0.2.2"));
    EXPECT_EQ(order.first(), first);
    order.remove(host("192.0.2.2"), first);
    order.add(host("192.0.2.2"));
    EXPECT_EQ(order.first(), second);
}

TEST(eviction_order, equal_counts_let_the_host_of_the_oldest_give_way) {
    eviction_order order;
    const auto oldest = order.add(host("192.0.2.9"));
    const auto other = order.add(host("192.0.2.1"));
    EXPECT_EQ(order.first(), oldest);
    order.remove(host("192.0.2.9"), oldest);
    EXPECT_EQ(order.first(), other);
    order.remove(host("192.0.2.1"), other);
    EXPECT_TRUE(order.empty());
}

TEST(eviction_order, connection_that_moves_to_another_host_keeps_its_age) {
    eviction_order order;
    const auto first = order.add(host("192.0.2.1"));
    const auto second = order.add(host("192.0.2.1"));
    order.move(host("192.0.2.1"), host("192.0.2.2"), second);
    EXPECT_EQ(order.first(), first); // one each
    const auto third = order.add(host("192.0.2.2"));
    EXPECT_EQ(order.first(), second); // two of the second host
    order.remove(host("192.0.2.2"), second);
    order.remove(host("192.0.2.2"), third);
    order.remove(host("192.0.2.1"), first);
    EXPECT_TRUE(order.empty());
}

TEST(eviction_order, middle_connection_that_goes_changes_only_the_count) {
    eviction_order order;
    const auto a1 = order.add(host("192.0.2.1"));
    const auto a2 = order.add(host("192.0.2.1"));
    const auto b1 = order.add(host("192.0.2.2"));
    order.add(host("192.0.2.2"));
    EXPECT_EQ(order.first(), a1); // two each
    order.remove(host("192.0.2.1"), a2);
    EXPECT_EQ(order.first(), b1);
}

TEST(eviction_order, ipv6_network_of_64_bits_is_one_host) {
    eviction_order order;
    order.add(host("2001:db8:0:2::1"));
    const auto first = order.add(host("2001:db8:0:1::1"));
    order.add(host("2001:db8:0:1:ffff::2"));
    EXPECT_EQ(order.first(), first);
}

TEST(eviction_order, ipv4_addresses_are_hosts_of_their_own_however_they_are_written) {
    eviction_order order;
    order.add(host("192.0.2.2"));
    const auto first = order.add(host("192.0.2.1"));
    order.add(host("::ffff:192.0.2.1"));
    EXPECT_EQ(order.first(), first);
}

// Compares with the rule, written as a search through all connections.
TEST(eviction_order, random_connections_give_way_by_the_rule) {
    std::minstd_rand random(1); // any order of events is valid
    eviction_order order;
    std::map<eviction_order::number, host_key> open;
    const auto by_the_rule = [&] {
        std::map<host_key, std::vector<eviction_order::number>> hosts;
        for (const auto& [number, key] : open)
            hosts[key].push_back(number);
        const std::vector<eviction_order::number>* most = nullptr;
        for (const auto& [key, all] : hosts)
            if (!most || all.size() > most->size() || (all.size() == most->size() && all.front() < most->front()))
                most = &all;
        return most->front();
    };
    for (int step = 0; step < 3000; ++step) {
        if (open.empty() || random() % 5 < 3) {
            const auto key = host(random() % 2 == 0 ? "192.0.2.1" : random() % 2 == 0 ? "192.0.2.2" : "2001:db8::");
            open.emplace(order.add(key), key);
        } else {
            const auto chosen = random() % 2 == 0 ? open.find(order.first())
                                                  : std::next(open.begin(), static_cast<long>(random() % open.size()));
            order.remove(chosen->second, chosen->first);
            open.erase(chosen);
        }
        ASSERT_EQ(order.empty(), open.empty());
        if (!open.empty()) {
            ASSERT_EQ(order.first(), by_the_rule()) << step;
        }
    }
}
