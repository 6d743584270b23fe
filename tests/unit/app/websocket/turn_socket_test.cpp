// SPDX-License-Identifier: Apache-2.0
#include "websocket/turn_socket.hpp"

#include <boost/asio/io_context.hpp>
#include <boost/asio/read.hpp>
#include <boost/asio/write.hpp>

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <vector>

using namespace std::chrono_literals;
namespace asio = boost::asio;
using asio::ip::tcp;
using audiosocket::app::websocket::turn_socket;
using boost::system::error_code;

namespace {

// Both ends of a connection.
struct wired {
    explicit wired(asio::io_context& io) : own(io.get_executor()), peer(io) {
        tcp::acceptor listener(io, {asio::ip::address_v4::loopback(), 0});
        peer.connect(listener.local_endpoint());
        EXPECT_FALSE(own.open(listener.accept()));
    }

    void read() {
        own.async_read_some(asio::buffer(room), [this](const error_code& error, std::size_t bytes) {
            received.append(room.data(), bytes);
            ended = error;
            if (!error) read();
        });
    }

    turn_socket own;
    tcp::socket peer;
    std::array<char, 8> room{};
    std::string received;
    std::optional<error_code> ended;
};

class turn_sockets : public testing::Test {
  protected:
    template <class Condition>
    bool run_until(Condition condition) {
        const auto until = std::chrono::steady_clock::now() + 60s;
        while (!condition() && std::chrono::steady_clock::now() < until)
            io_.run_one_for(1s);
        return condition();
    }

    asio::io_context io_;
};

} // namespace

TEST_F(turn_sockets, what_arrives_is_read_in_pieces_and_so_is_the_end) {
    wired line(io_);
    line.read();
    asio::write(line.peer, asio::buffer(std::string("longer than the room")));
    ASSERT_TRUE(run_until([&] { return line.received.size() == 20; }));
    asio::write(line.peer, asio::buffer(std::string("exactly8")));
    line.peer.shutdown(tcp::socket::shutdown_send);
    ASSERT_TRUE(run_until([&] { return line.ended && *line.ended; }));
    EXPECT_EQ(line.received, "longer than the roomexactly8");
    EXPECT_EQ(*line.ended, asio::error::eof);
}

TEST_F(turn_sockets, more_sockets_than_wake_the_thread_one_by_one_are_all_read) {
    std::deque<std::unique_ptr<wired>> lines;
    for (int i = 0; i < 40; ++i)
        lines.emplace_back(std::make_unique<wired>(io_))->read();
    for (int round = 1; round <= 5; ++round) {
        for (auto& line : lines)
            asio::write(line->peer, asio::buffer(std::string("x")));
        const auto has_all = [&](auto& line) { return line->received.size() == static_cast<std::size_t>(round); };
        ASSERT_TRUE(run_until([&] { return std::ranges::all_of(lines, has_all); })) << round;
    }
}

TEST_F(turn_sockets, write_that_the_kernel_does_not_take_goes_on_when_the_peer_reads) {
    wired line(io_);
    line.own.set_option(asio::socket_base::send_buffer_size(4096));
    const std::string much(3'000'000, 'x');
    std::optional<std::size_t> written;
    asio::async_write(line.own, asio::buffer(much), [&](const error_code& error, std::size_t bytes) {
        EXPECT_FALSE(error) << error.message();
        written = bytes;
    });
    std::string read(much.size(), '-');
    bool all = false;
    ASSERT_EQ(io_.poll_one(), 1U); // the kernel is full before the first read
    asio::async_read(line.peer, asio::buffer(read), [&](const error_code&, std::size_t) { all = true; });
    ASSERT_TRUE(run_until([&] { return all && written; }));
    EXPECT_EQ(*written, much.size());
    EXPECT_EQ(read, much);
}

TEST_F(turn_sockets, many_small_buffers_go_out_at_once) {
    wired line(io_);
    const std::vector<asio::const_buffer> buffers(60, asio::buffer("ab", 2));
    std::optional<std::size_t> written;
    line.own.async_write_some(buffers, [&](const error_code&, std::size_t bytes) { written = bytes; });
    ASSERT_TRUE(run_until([&] { return written.has_value(); }));
    EXPECT_EQ(*written, 120U);
}

// TLS posts its handlers in this way while its other direction reads.
TEST_F(turn_sockets, empty_read_completes_while_another_waits) {
    wired line(io_);
    line.read();
    bool completed = false;
    line.own.async_read_some(asio::mutable_buffer(), [&](const error_code& error, std::size_t bytes) {
        EXPECT_FALSE(error) << error.message();
        EXPECT_EQ(bytes, 0U);
        completed = true;
    });
    EXPECT_FALSE(completed);
    ASSERT_TRUE(run_until([&] { return completed; }));
    asio::write(line.peer, asio::buffer(std::string("on")));
    ASSERT_TRUE(run_until([&] { return line.received == "on"; }));
}

TEST_F(turn_sockets, close_aborts_what_is_in_progress_and_frees_the_thread) {
    wired line(io_);
    line.read();
    line.own.close();
    EXPECT_FALSE(line.ended);
    io_.run(); // nothing is left to wait for
    ASSERT_TRUE(line.ended);
    EXPECT_EQ(*line.ended, asio::error::operation_aborted);
    std::optional<error_code> after;
    line.own.async_write_some(asio::buffer("x", 1), [&](const error_code& error, std::size_t) { after = error; });
    io_.restart();
    io_.run();
    EXPECT_EQ(after, error_code(asio::error::bad_descriptor));
}

TEST(turn_socket_of_a_context, handler_that_waits_is_freed_with_the_context) {
    auto io = std::make_unique<asio::io_context>();
    auto line = std::make_shared<wired>(*io);
    const std::weak_ptr<wired> there = line;
    line->own.async_read_some(asio::buffer(line->room), [line](const error_code&, std::size_t) { FAIL(); });
    line.reset();
    EXPECT_FALSE(there.expired()); // its own handler keeps it
    io.reset();
    EXPECT_TRUE(there.expired());
}
