// SPDX-License-Identifier: Apache-2.0
// What happens to pending operations when the io_context of their call ends.

#include "net_test.hpp"

#include <boost/asio/bind_executor.hpp>

#include <atomic>
#include <thread>

using namespace audiosocket;
using namespace audiosocket::test;
namespace asio = boost::asio;

namespace {

// Calls on one io_context, and operations whose handlers run on another one.
class operations_on_loopback : public testing::Test {
  protected:
    // A call in progress, and its other end.
    std::pair<raw_peer, call> answered() {
        raw_peer peer(calls_->local_endpoint());
        peer.send(id_bytes());
        call accepted;
        calls_->async_accept([&](boost::system::error_code, call c) { accepted = std::move(c); });
        while (!accepted)
            home_->run_one();
        return {std::move(peer), std::move(accepted)};
    }

    // Returns a handler that runs on the other io_context and notes its error.
    auto note(boost::system::error_code& error) {
        error = asio::error::would_block; // until it has run
        return asio::bind_executor(ours_, [&error](boost::system::error_code e, auto&&...) { error = e; });
    }

    void destroy_home() {
        home_->poll();
        calls_.reset();
        home_.reset();
        ours_.run();
    }

    std::optional<asio::io_context> home_{std::in_place, 1};
    std::optional<listener> calls_{std::in_place, *home_, address{"127.0.0.1", 0}};
    asio::io_context ours_{1};
    boost::system::error_code first_;
    boost::system::error_code second_;
};

} // namespace

TEST_F(operations_on_loopback, play_and_reading_get_call_ended) {
    auto [peer, c] = answered();
    c.async_play(clip(std::vector<std::int16_t>(80'000), 8000), note(first_));
    async_read_digits(c, {}, note(second_));
    destroy_home();
    EXPECT_EQ(first_, usage_errc::call_ended);
    EXPECT_EQ(second_, usage_errc::call_ended);
    // Started after that, on a handle that remains.
    ours_.restart();
    c.async_play(clip(std::vector<std::int16_t>(80'000), 8000), note(first_));
    async_read_digits(c, {}, note(second_));
    ours_.run();
    EXPECT_EQ(first_, usage_errc::call_ended);
    EXPECT_EQ(second_, usage_errc::call_ended);
}

TEST_F(operations_on_loopback, those_that_have_not_begun_get_an_error_as_well) {
    auto [peer, c] = answered();
    playout_stream s(c, 8000);
    boost::system::error_code third;
    c.async_play(clip(std::vector<std::int16_t>(80'000), 8000), note(first_));
    s.async_finish(note(second_));
    c.async_next_event(note(third));
    calls_.reset();
    home_.reset(); // has not run since
    ours_.run();
    EXPECT_EQ(first_, usage_errc::call_ended);
    EXPECT_EQ(second_, usage_errc::call_ended);
    EXPECT_EQ(third, asio::error::eof);
}

TEST_F(operations_on_loopback, stream_gets_call_ended) {
    auto [peer, c] = answered();
    playout_stream s(c, 8000);
    s.async_write(std::vector<std::int16_t>(80'000), note(first_));
    s.async_finish(note(second_));
    destroy_home();
    EXPECT_EQ(first_, usage_errc::call_ended);
    EXPECT_EQ(second_, usage_errc::call_ended);
    EXPECT_EQ(s.write(std::vector<std::int16_t>(160)).error, usage_errc::call_ended);
}

TEST_F(operations_on_loopback, bridge_gets_call_ended) {
    auto [left, a] = answered();
    auto [right, b] = answered();
    async_bridge(std::move(a), std::move(b), note(first_));
    destroy_home();
    EXPECT_EQ(first_, usage_errc::call_ended);
}

TEST_F(operations_on_loopback, bridge_to_a_thread_that_goes_ends_the_other_call_in_order) {
    io_thread other;
    listener there(other.context(), {"127.0.0.1", 0});
    raw_peer staying(there.local_endpoint());
    staying.send(id_bytes());
    call a = there.async_accept(asio::use_future).get();
    auto [leaving, b] = answered();
    auto done = async_bridge(std::move(a), std::move(b), asio::use_future);
    destroy_home();
    EXPECT_TRUE(staying.receive_all().orderly);
    staying.finish();
    const bridge_result result = done.get();
    EXPECT_EQ(result.ended_first, 1U);
    EXPECT_EQ(result.ends[1].error, usage_errc::call_ended);
    EXPECT_EQ(result.ends[0].reason, end_reason::hung_up);
}

TEST_F(operations_on_loopback, handlers_without_an_executor_are_destroyed) {
    auto [peer, c] = answered();
    const auto held = std::make_shared<int>();
    playout_stream s(c, 8000);
    c.async_play(clip(std::vector<std::int16_t>(80'000), 8000), [held](auto, auto) {});
    async_read_digits(c, {}, [held](auto, auto) {});
    s.async_write(std::vector<std::int16_t>(80'000), [held](auto, auto) {});
    s.async_finish([held](auto, auto) {});
    destroy_home();
    EXPECT_EQ(held.use_count(), 1);
}

TEST_F(operations_on_loopback, play_of_a_rate_that_does_not_exist_does_not_touch_what_is_gone) {
    auto [peer, c] = answered();
    destroy_home();
    const auto held = std::make_shared<int>();
    c.async_play(std::span<const std::int16_t>(), 0, [held](auto, auto) {});
    EXPECT_EQ(held.use_count(), 1);
    ours_.restart();
    c.async_play(std::span<const std::int16_t>(), 0, note(first_));
    ours_.run();
    EXPECT_EQ(first_, usage_errc::call_ended);
}

// The io_context of the first call has no other work once that call has ended.
TEST_F(operations_on_loopback, bridge_completes_on_an_io_context_that_has_nothing_else_to_do) {
    auto [ending, a] = answered();
    calls_.reset();
    io_thread other;
    listener there(other.context(), {"127.0.0.1", 0});
    raw_peer staying(there.local_endpoint());
    staying.send(id_bytes());
    call b = there.async_accept(asio::use_future).get();
    EXPECT_FALSE(b.play(clip(std::vector<std::int16_t>(2400), 8000))); // is still playing
    bool done = false;
    async_bridge(std::move(a), std::move(b),
                 [&](boost::system::error_code error, const bridge_result& r) { done = !error && r.ended_first == 0; });
    ending.finish();
    std::thread far_end([&staying = staying] {
        EXPECT_TRUE(staying.receive_all().orderly);
        staying.finish();
    });
    home_->run();
    far_end.join();
    EXPECT_TRUE(done);
}

TEST_F(operations_on_loopback, bridge_outlives_the_thread_of_the_call_that_ended_first) {
    auto [ending, a] = answered();
    io_thread other;
    listener there(other.context(), {"127.0.0.1", 0});
    raw_peer staying(there.local_endpoint());
    staying.send(id_bytes());
    call b = there.async_accept(asio::use_future).get();
    const auto held = std::make_shared<int>();
    async_bridge(std::move(a), std::move(b), [held](boost::system::error_code, const bridge_result&) {});
    ending.finish();
    std::atomic<bool> reported{false}; // that the first call has ended
    std::thread far_end([&staying = staying, &reported] {
        EXPECT_TRUE(staying.receive_all().orderly);
        reported = true;
    });
    while (!reported)
        home_->run_one_for(std::chrono::milliseconds(10));
    far_end.join();
    calls_.reset();
    home_.reset();
    staying.finish();
    EXPECT_TRUE(eventually([&] { return held.use_count() == 1; }));
}

TEST_F(operations_on_loopback, placing_a_call_gets_an_error) {
    async_connect(*home_, {"127.0.0.1", calls_->local_endpoint().port()}, note(first_));
    calls_.reset();
    home_.reset();
    ours_.run();
    EXPECT_EQ(first_, asio::error::operation_aborted);

    home_.emplace(1);
    ours_.restart();
    async_connect(*home_, {"127.0.0.1", 9}, note(second_));
    home_->poll_one(); // it has begun
    home_.reset();
    ours_.run();
    EXPECT_NE(second_, asio::error::would_block);
}
