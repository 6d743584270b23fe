// SPDX-License-Identifier: Apache-2.0
// The simulated machine itself: what its sockets, timers and clocks do, seen through Boost.Asio and the C library.
#include "sim/world/world.hpp"

#include <boost/asio.hpp>

#include <gtest/gtest.h>

#include <sys/socket.h>

#include <chrono>
#include <optional>
#include <string>
#include <vector>

using namespace std::chrono_literals;
namespace asio = boost::asio;
namespace sim = audiosocket::sim;
using asio::ip::tcp;
using boost::system::error_code;

namespace {

class simulated_world : public testing::Test {
  protected:
    simulated_world() {
        world.add(io);
        acceptor.emplace(io, tcp::endpoint(tcp::v4(), 0));
    }
    ~simulated_world() override {
        socket.reset();
        acceptor.reset();
        world.remove(io);
    }

    // Connects a remote, and returns it when the machine has accepted.
    sim::remote& connected(const sim::conditions& network = {}, const sim::remote_buffers& buffers = {}) {
        auto& far = world.connect({asio::ip::make_address("192.0.2.1"), 5000}, acceptor->local_endpoint().port(),
                                  network, buffers);
        acceptor->async_accept([this](error_code error, tcp::socket accepted) {
            EXPECT_FALSE(error) << error.message();
            socket.emplace(std::move(accepted));
            socket->non_blocking(true);
        });
        world.run_until([this] { return socket.has_value(); }, 5s);
        return far;
    }

    std::string read(std::size_t most = 100'000) {
        std::string text(most, '\0');
        text.resize(socket->read_some(asio::buffer(text), failed));
        return text;
    }

    static std::span<const std::byte> bytes(std::string_view text) { return std::as_bytes(std::span(text)); }

    sim::world world{1};
    asio::io_context io{1};
    std::optional<tcp::acceptor> acceptor;
    std::optional<tcp::socket> socket;
    error_code failed;
};

} // namespace

TEST_F(simulated_world, bytes_arrive_in_order_after_the_delay) {
    auto& far = connected({.delay_min = 10ms, .delay_max = 20ms, .cut_chance = 0.5});
    far.send(bytes("hello "));
    far.send(bytes("world"));
    EXPECT_EQ(read(), "");
    EXPECT_EQ(failed, asio::error::would_block);
    world.run_for(25ms);
    EXPECT_EQ(read(), "hello world");
}

TEST_F(simulated_world, a_wait_for_bytes_completes_when_they_arrive) {
    auto& far = connected({.delay_min = 10ms, .delay_max = 10ms});
    std::optional<std::chrono::steady_clock::time_point> at;
    socket->async_wait(tcp::socket::wait_read, [&](error_code) { at = std::chrono::steady_clock::now(); });
    const auto sent = std::chrono::steady_clock::now();
    far.send(bytes("x"));
    world.run_for(1s);
    ASSERT_TRUE(at);
    EXPECT_GE(*at - sent, 10ms);
    EXPECT_LE(*at - sent, 11ms);
}

TEST_F(simulated_world, a_half_closed_connection_still_carries_bytes) {
    auto& far = connected();
    far.send(bytes("last"));
    far.shut_down();
    world.run_for(10ms);
    EXPECT_EQ(read(), "last");
    read();
    EXPECT_EQ(failed, asio::error::eof);
    socket->write_some(asio::buffer("answer", 6));
    world.run_for(10ms);
    EXPECT_EQ(far.readable(), 6U);
}

TEST_F(simulated_world, a_reset_ends_both_directions) {
    auto& far = connected();
    far.reset();
    world.run_for(10ms);
    read();
    EXPECT_EQ(failed, asio::error::connection_reset);
    socket->write_some(asio::buffer("x", 1), failed);
    EXPECT_EQ(failed, asio::error::broken_pipe);
}

TEST_F(simulated_world, an_answered_reset_does_not_overtake_bytes) {
    auto& far = connected({.stall_chance = 1, .stall_max = 10s});
    far.send(bytes("late"));
    far.close();
    socket->write_some(asio::buffer("x", 1)); // the answer is a reset
    world.run_for(60s);
    EXPECT_EQ(read(), "late");
    read();
    EXPECT_TRUE(failed);
}

TEST_F(simulated_world, a_close_with_unread_bytes_resets) {
    auto& far = connected();
    far.send(bytes("unread"));
    world.run_for(10ms);
    socket.reset();
    world.run_for(10ms);
    EXPECT_TRUE(far.was_reset());
}

TEST_F(simulated_world, a_peer_that_does_not_read_blocks_the_sender) {
    auto& far = connected({}, {.receive = 1000});
    socket->set_option(asio::socket_base::send_buffer_size(1000));
    const std::string much(5000, 'x');
    EXPECT_EQ(socket->write_some(asio::buffer(much)), 1000U);
    world.run_for(10ms);
    EXPECT_EQ(socket->write_some(asio::buffer(much)), 1000U);
    world.run_for(10ms);
    socket->write_some(asio::buffer(much), failed);
    EXPECT_EQ(failed, asio::error::would_block);
    bool writable = false;
    socket->async_wait(tcp::socket::wait_write, [&](error_code) { writable = true; });
    world.run_for(10ms);
    EXPECT_FALSE(writable);
    far.read();
    world.run_for(10ms);
    EXPECT_TRUE(writable);
}

TEST_F(simulated_world, lost_bytes_arrive_when_the_network_is_back) {
    auto& far = connected();
    far.lose_from_here(true);
    far.send(bytes("late"));
    world.run_for(10s);
    EXPECT_EQ(read(), "");
    far.lose_from_here(false);
    world.run_for(10ms);
    EXPECT_EQ(read(), "late");
}

TEST_F(simulated_world, a_connection_to_a_closed_port_is_refused) {
    tcp::socket line(io);
    error_code result;
    line.async_connect({asio::ip::make_address("192.0.2.9"), 80}, [&](error_code error) { result = error; });
    world.run_for(1s);
    EXPECT_EQ(result, asio::error::connection_refused);
}

TEST_F(simulated_world, the_machine_connects_to_another) {
    const tcp::endpoint there(asio::ip::make_address("192.0.2.9"), 80);
    sim::remote* far = nullptr;
    world.listen(there, [&](sim::remote& accepted) { far = &accepted; });
    tcp::socket line(io);
    bool connected_to = false;
    line.async_connect(there, [&](error_code error) { connected_to = !error; });
    world.run_for(1s);
    ASSERT_TRUE(connected_to);
    line.write_some(asio::buffer("hello", 5));
    world.run_for(10ms);
    EXPECT_EQ(far->readable(), 5U);
}

TEST_F(simulated_world, a_blocking_read_waits_while_other_threads_run) {
    auto& far = connected();
    socket->non_blocking(false);
    asio::io_context other{1};
    world.add(other);
    bool ran = false;
    asio::steady_timer timer(other, 5ms);
    timer.async_wait([&](error_code) { ran = true; });
    world.remote_after(10ms, [&] { far.send(bytes("x")); });
    std::string got;
    asio::post(io, [&] { got = read(1); });
    world.run_for(1s);
    EXPECT_EQ(got, "x");
    EXPECT_TRUE(ran);
    world.remove(other);
}

TEST_F(simulated_world, time_passes_only_in_the_world) {
    const auto before = std::chrono::steady_clock::now();
    const auto wall = std::chrono::system_clock::now();
    world.move_wall_clock(-1h);
    world.run_for(2h);
    EXPECT_EQ(std::chrono::steady_clock::now() - before, 2h);
    EXPECT_EQ(std::chrono::system_clock::now() - wall, 1h);
}

TEST_F(simulated_world, a_machine_that_stands_still_is_late) {
    std::optional<std::chrono::nanoseconds> late;
    asio::steady_timer timer(io, 10ms);
    timer.async_wait([&](error_code) { late = std::chrono::steady_clock::now() - timer.expiry(); });
    world.after(5ms, [&] { world.stand_still(100ms); });
    world.run_for(1s);
    ASSERT_TRUE(late);
    EXPECT_GE(*late, 95ms);
    EXPECT_EQ(world.lost_time(io), 100ms);
}

TEST_F(simulated_world, a_blocked_thread_does_not_run_its_handlers) {
    std::vector<std::string> order;
    asio::post(io, [&] {
        asio::post(io, [&] { order.emplace_back("second"); });
        world.block(10ms);
        order.emplace_back("first");
    });
    world.run_for(1s);
    EXPECT_EQ(order, (std::vector<std::string>{"first", "second"}));
    EXPECT_GE(world.lost_time(io), 10ms);
}

TEST_F(simulated_world, a_closed_descriptor_is_not_counted) {
    const auto before = world.open_descriptors();
    connected();
    EXPECT_EQ(world.open_descriptors(), before + 1);
    socket.reset();
    EXPECT_EQ(world.open_descriptors(), before);
}
