// SPDX-License-Identifier: Apache-2.0
#include "bench/load_call.hpp"

#include "support/raw_peer.hpp"

#include <gtest/gtest.h>

#include <cstring>
#include <memory>
#include <thread>
#include <vector>

namespace audiosocket::app::bench {
namespace {

using namespace std::chrono_literals;
using test::bytes;
using test::frame;
using test::raw_peer;
using tcp = raw_peer::tcp;

// One call to this test as the server, over the loopback interface. Only the kernel's clock is read.
struct call_of_bench : testing::Test {
    boost::asio::io_context io;
    tcp::acceptor acceptor{io, {boost::asio::ip::address_v4::loopback(), 0}};
    numbered_frames frames;
    std::vector<std::byte> buffer = std::vector<std::byte>(header_bytes + payload_bytes_max);
    surroundings with;
    std::unique_ptr<load_call> call;
    std::unique_ptr<raw_peer> server;

    call_of_bench() {
        with.frames = &frames;
        with.buffer = buffer;
        with.stamps.adjust();
        with.measuring = true;
        call = std::make_unique<load_call>(where(), 0, clock::now(), with);
        server = std::make_unique<raw_peer>(acceptor);
        wait(POLLOUT);
        EXPECT_TRUE(call->connected(clock::now(), with));
        EXPECT_EQ(server->receive_bytes(19).size(), 19U); // the id
    }

    endpoint where() const {
        const auto local = acceptor.local_endpoint();
        endpoint e;
        std::memcpy(&e.address, local.data(), local.size());
        e.size = static_cast<socklen_t>(local.size());
        return e;
    }
    void wait(short what) const {
        pollfd file{call->descriptor(), what, 0};
        ASSERT_EQ(poll(&file, 1, 10'000), 1);
    }
    void send_frame() { call->send_frame(clock::now(), with); }
    void read() {
        wait(POLLIN);
        call->read(with);
    }
    bytes hear_frame() { return server->receive_bytes(numbered_frames::message_bytes); }
};

TEST_F(call_of_bench, frame_that_comes_back_is_counted_with_its_round_trip) {
    send_frame();
    server->send(hear_frame());
    read();
    EXPECT_EQ(with.seen.frames_sent, 1U);
    EXPECT_EQ(with.seen.frames_received, 1U);
    EXPECT_EQ(with.seen.frames_returned, 1U);
    EXPECT_EQ(with.seen.round_trip.count(), 1U);
    EXPECT_EQ(with.seen.first_frame.count(), 1U);
    EXPECT_EQ(with.seen.frames_lost(), 0U);
}

// The kernel records when a message came. A generator that reads late does not make a server look slow.
TEST_F(call_of_bench, message_that_is_read_late_has_the_time_of_its_arrival) {
    constexpr auto read_late_by = 300ms;
    for (int tries = 0; with.seen.arrivals_without_stamp > 0 || tries == 0; ++tries) {
        if (tries == 20) GTEST_SKIP() << "this kernel does not stamp what comes over the loopback interface";
        with.seen = tally{};
        send_frame();
        server->send(hear_frame());
        wait(POLLIN);
        std::this_thread::sleep_for(read_late_by);
        call->read(with);
    }
    EXPECT_EQ(with.seen.round_trip.count(), 1U);
    EXPECT_LT(with.seen.round_trip.max(), read_late_by);
}

TEST_F(call_of_bench, two_messages_that_wait_are_read_apart) {
    send_frame();
    send_frame();
    bytes both = hear_frame();
    const bytes second = hear_frame();
    both.insert(both.end(), second.begin(), second.end());
    server->send(both);
    read();
    EXPECT_EQ(with.seen.frames_received, 1U);
    read();
    EXPECT_EQ(with.seen.frames_received, 2U);
    EXPECT_EQ(with.seen.frames_returned, 2U);
}

TEST_F(call_of_bench, message_in_pieces_is_one_message) {
    send_frame();
    for (const std::byte b : hear_frame()) {
        server->send({b});
        read();
    }
    EXPECT_EQ(with.seen.frames_returned, 1U);
    EXPECT_EQ(with.seen.messages_unlawful, 0U);
}

// Asterisk does not send twice.
TEST_F(call_of_bench, frame_that_is_not_taken_kills_the_call) {
    const int small = 4096;
    setsockopt(call->descriptor(), SOL_SOCKET, SO_SNDBUF, &small, sizeof small);
    constexpr int frames_max = 100'000; // far more than the receiver's buffer
    for (int i = 0; i < frames_max && call->now_is() == load_call::state::up; ++i)
        send_frame();
    EXPECT_EQ(call->now_is(), load_call::state::over);
    EXPECT_EQ(with.seen.calls_killed, 1U);
    EXPECT_EQ(with.seen.calls_ended_by_server, 0U);
    EXPECT_EQ(with.seen.frames_lost(), with.seen.frames_sent);
}

TEST_F(call_of_bench, frame_after_the_measured_time_does_not_count) {
    send_frame();
    call->end_measured(with);
    EXPECT_FALSE(call->is_settled(with));
    send_frame();
    server->send(hear_frame());
    server->send(hear_frame());
    read();
    EXPECT_TRUE(call->is_settled(with));
    read();
    EXPECT_EQ(with.seen.frames_sent, 1U);
    EXPECT_EQ(with.seen.frames_returned, 1U);
}

TEST_F(call_of_bench, hangup_message_ends_the_call) {
    server->send(frame(kind::hangup, {}));
    read();
    EXPECT_EQ(call->now_is(), load_call::state::over);
    EXPECT_EQ(with.seen.calls_ended_by_server, 1U);
}

TEST_F(call_of_bench, reset_ends_the_call) {
    server->reset();
    read();
    EXPECT_EQ(call->now_is(), load_call::state::over);
    EXPECT_EQ(with.seen.calls_ended_by_server, 1U);
}

TEST_F(call_of_bench, what_asterisk_would_not_take_is_unlawful) {
    server->send(frame(kind::dtmf, {std::byte{'1'}}));
    read();
    server->send(frame(kind::slin, {}));
    read();
    server->send(frame(kind::slin, {std::byte{1}, std::byte{2}, std::byte{3}}));
    read();
    EXPECT_EQ(with.seen.messages_unlawful, 3U);
    EXPECT_EQ(with.seen.frames_received, 0U);
}

TEST_F(call_of_bench, leaving_is_a_fin_and_waits_for_the_servers) {
    call->leave(clock::now(), with);
    EXPECT_TRUE(server->receive_all().orderly);
    EXPECT_EQ(call->now_is(), load_call::state::leaving);
    call->check_patience(clock::now(), with);
    EXPECT_EQ(call->now_is(), load_call::state::leaving);
    server->finish();
    read();
    EXPECT_EQ(call->now_is(), load_call::state::over);
    EXPECT_EQ(with.seen.calls_ended_by_server, 0U);
}

TEST_F(call_of_bench, server_that_never_closes_is_left_after_a_second) {
    call->leave(clock::now(), with);
    call->check_patience(clock::now() + 1100ms, with);
    EXPECT_EQ(call->now_is(), load_call::state::over);
}

} // namespace
} // namespace audiosocket::app::bench
