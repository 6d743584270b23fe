// SPDX-License-Identifier: Apache-2.0
// Calls that are hung up together end in the order of their start. Their addresses in memory gave the order before, so
// two runs of one seed differed.
#include "sim/world/world.hpp"

#include <audiosocket/protocol/encoder.hpp>
#include <audiosocket/server/call_server.hpp>

#include <gtest/gtest.h>

#include <algorithm>
#include <memory>
#include <vector>

using namespace audiosocket;
using namespace std::chrono_literals;

namespace {

constexpr std::uint16_t calls = 40;

// Connects 40 callers one after the other, and lets `end` end their calls. Returns their numbers in the order in which
// they got a hangup.
template <class End>
std::vector<int> order_of_hangups(End end) {
    std::vector<int> order;
    sim::world world(1);
    auto io = std::make_unique<boost::asio::io_context>(1);
    world.add(*io);
    std::vector<call> open;
    auto server = std::make_unique<call_server>(*io, address{"", 9092}, [&](call c) { open.push_back(std::move(c)); });
    for (std::uint16_t i = 0; i < calls; ++i) {
        const std::uint16_t port = 5000 + i;
        auto& caller = world.connect({boost::asio::ip::make_address("192.0.2.1"), port}, 9092);
        caller.on_change = [](sim::remote& r) { r.read(); };
        caller.on_machine_sends = [&order, i](std::span<const std::byte> message) {
            if (message[0] == std::byte{}) order.push_back(i);
        };
        caller.send(id_message(uuid{}).to_bytes());
        world.run_for(7ms);
    }
    EXPECT_EQ(open.size(), calls);
    end(world, server, io);
    open.clear();
    server.reset();
    if (io) world.remove(*io);
    return order;
}

} // namespace

TEST(simulated_server, hang_up_all_ends_calls_in_the_order_of_their_start) {
    const auto order = order_of_hangups([](sim::world& world, auto& server, auto&) {
        server->hang_up_all();
        world.run_for(1s);
    });
    EXPECT_EQ(order.size(), calls);
    EXPECT_TRUE(std::ranges::is_sorted(order));
}

TEST(simulated_server, a_destroyed_io_context_ends_calls_in_the_order_of_their_start) {
    const auto order = order_of_hangups([](sim::world& world, auto& server, auto& io) {
        server.reset();
        world.remove(*io);
        io.reset();
    });
    EXPECT_EQ(order.size(), calls);
    EXPECT_TRUE(std::ranges::is_sorted(order));
}
