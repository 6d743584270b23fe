// SPDX-License-Identifier: Apache-2.0
#include <audiosocket/net/detail/socket_turns.hpp>
#include <audiosocket/net/file_descriptor.hpp>

#include <gtest/gtest.h>

#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <functional>
#include <optional>
#include <utility>

using namespace audiosocket;
using namespace audiosocket::detail;
using namespace std::chrono_literals;

namespace {

struct user : turn_user {
    explicit user(boost::asio::io_context& io) {
        std::array<int, 2> ends{};
        EXPECT_EQ(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, ends.data()), 0);
        own = file_descriptor(ends[0]);
        peer = file_descriptor(ends[1]);
        turns.emplace(io, own.get(), *this);
    }

    void take_turn(bool arrived, bool is_last) override {
        ++taken;
        arrivals += arrived ? 1 : 0;
        was_last = is_last;
        if (then) then();
    }
    void forget() noexcept override { ++forgotten; }

    void say() { EXPECT_EQ(::write(peer.get(), "x", 1), 1); }

    file_descriptor own;
    file_descriptor peer;
    std::optional<socket_turns> turns;
    int taken = 0;
    int arrivals = 0;
    int forgotten = 0;
    bool was_last = false;
    std::function<void()> then;
};

template <class Condition>
bool run_until(boost::asio::io_context& io, Condition condition) {
    const auto until = std::chrono::steady_clock::now() + 60s;
    while (!condition() && std::chrono::steady_clock::now() < until)
        io.run_one_for(1s);
    return condition();
}

} // namespace

TEST(socket_turns, arrival_and_end_are_each_a_turn) {
    boost::asio::io_context io;
    user one(io);
    one.say();
    ASSERT_TRUE(run_until(io, [&] { return one.arrivals == 1; }));
    EXPECT_FALSE(one.was_last);
    one.peer.close();
    ASSERT_TRUE(run_until(io, [&] { return one.arrivals == 2; }));
    EXPECT_TRUE(one.was_last);
}

TEST(socket_turns, turn_that_was_asked_for_comes_without_an_arrival) {
    boost::asio::io_context io;
    user one(io);
    const auto before = one.taken;
    one.turns->soon(1ms);
    ASSERT_TRUE(run_until(io, [&] { return one.taken > before; }));
    EXPECT_EQ(one.arrivals, 0);
}

TEST(socket_turns, turns_may_end_in_a_turn_and_nothing_is_left_to_wait_for) {
    boost::asio::io_context io;
    user one(io);
    one.then = [&] { one.turns.reset(); };
    one.say();
    io.run();
    EXPECT_EQ(one.taken, 1);
    EXPECT_EQ(one.forgotten, 0);
}

TEST(socket_turns, context_that_is_destroyed_says_so) {
    std::optional<boost::asio::io_context> io(std::in_place);
    struct outliving final : turn_user {
        void take_turn(bool, bool) override {}
        void forget() noexcept override { turns.reset(); }
        std::optional<socket_turns> turns;
    } one;
    user with_socket(*io);
    with_socket.turns.reset();
    one.turns.emplace(*io, with_socket.own.get(), one);
    io.reset();
    EXPECT_FALSE(one.turns);
}
