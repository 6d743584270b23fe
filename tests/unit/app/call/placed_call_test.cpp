// SPDX-License-Identifier: Apache-2.0
#include "call/placed_call.hpp"

#include <boost/asio/write.hpp>

#include <gtest/gtest.h>

#include <thread>

using namespace audiosocket;
using namespace audiosocket::app::caller;
using namespace std::chrono_literals;
namespace asio = boost::asio;
using tcp = asio::ip::tcp;

namespace {

constexpr std::array<std::uint8_t, 5> audio{0x10, 0, 2, 1, 0};
constexpr std::array<std::uint8_t, 3> hangup{};

// Hangs up on the server's side after the caller has read the first audio.
struct server_that_hangs_up_meanwhile final : call_monitor {
    explicit server_that_hangs_up_meanwhile(tcp::socket& its) : peer(its) {}

    void arrived(const message&, time_point) override {
        asio::write(peer, asio::buffer(hangup));
        peer.shutdown(tcp::socket::shutdown_send);
    }
    void received(std::span<const std::int16_t>, int, time_point) override {}
    void sent(std::span<const std::int16_t>, int, time_point) override {}

    tcp::socket& peer;
};

} // namespace

// The call is read when something arrives and when its own frame is due. Here both happen at once.
TEST(placed_call, hears_a_hangup_that_comes_while_a_frame_is_due) {
    asio::io_context io;
    tcp::acceptor server(io, {asio::ip::address_v4::loopback(), 0});
    auto line = std::make_shared<placed_call>(io, uuid::random(), connect_options{}, caller_identity{});
    bool up = false;
    line->start(
        address{"127.0.0.1", server.local_endpoint().port()}, [&](io_error error) { up = !error; },
        [](const event&) {});
    while (!up && io.run_one() > 0) {
    }
    ASSERT_TRUE(up);
    auto peer = server.accept();
    server_that_hangs_up_meanwhile monitor(peer);
    line->set_monitor(&monitor);

    asio::write(peer, asio::buffer(audio));
    std::this_thread::sleep_for(25ms); // until the next frame is due as well
    io.run();

    EXPECT_EQ(line->statistics().bytes_received, audio.size() + hangup.size());
    for (const auto& reader : line->readers()) {
        ASSERT_TRUE(reader.end());
        EXPECT_NE(reader.end()->what, asterisk::call_outcome::result::spins) << reader.end()->why;
    }
}
