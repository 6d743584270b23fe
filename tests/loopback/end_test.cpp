// SPDX-License-Identifier: Apache-2.0
// What happens to calls when their thread or io_context ends: an orderly end for the peer, and a safe handle.
#include "net_test.hpp"

#include <audiosocket/server.hpp>

#include <boost/asio/awaitable.hpp>
#include <boost/asio/bind_executor.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <future>

using namespace audiosocket;
using namespace audiosocket::test;
using namespace std::chrono_literals;
namespace asio = boost::asio;

namespace {

// Expects a hangup message as the last one, a FIN, and no reset.
void expect_orderly_end(const raw_peer::stream_end& end) {
    EXPECT_TRUE(end.orderly);
    const auto all = messages_in(end.all);
    ASSERT_FALSE(all.empty());
    EXPECT_EQ(all.back().kind, kind::hangup);
}

// A call on its own io_context, which the test runs by hand.
struct call_by_hand {
    std::optional<asio::io_context> io{std::in_place, 1};
    std::optional<listener> calls{std::in_place, *io, address{"127.0.0.1", 0}};
    raw_peer peer{calls->local_endpoint()};
    call line;

    call_by_hand() {
        peer.send(id_bytes());
        calls->async_accept([this](boost::system::error_code, call accepted) { line = std::move(accepted); });
        while (!line)
            io->run_one();
    }

    void end_context() {
        calls.reset();
        io.reset();
    }
};

// Calls each member that may be called at any time.
void expect_ended(call& c) {
    EXPECT_EQ(c.play(std::vector<std::int16_t>(80), 8000), usage_errc::call_ended);
    EXPECT_EQ(c.play(clip({1, 2, 3}, 8000)), usage_errc::call_ended);
    EXPECT_EQ(c.mark("m"), usage_errc::call_ended);
    EXPECT_EQ(c.clear(), usage_errc::call_ended);
    EXPECT_EQ(c.pause(), usage_errc::call_ended);
    EXPECT_EQ(c.resume(), usage_errc::call_ended);
    EXPECT_EQ(c.send_dtmf('1'), usage_errc::call_ended);
    EXPECT_EQ(c.hang_up(), usage_errc::call_ended);
    EXPECT_EQ(c.hang_up_when_played(), usage_errc::call_ended);
    c.set_monitor(nullptr);
    EXPECT_EQ(c.id(), sample_id);
    EXPECT_NE(c.peer().port(), 0);
    EXPECT_EQ(name(c.send_format()), "slin");
    EXPECT_EQ(name(c.receive_format()), "slin");
    EXPECT_GE(c.queued(), 0ms);
    EXPECT_GE(c.statistics().bytes_received, 0U);
}

boost::system::error_code error_of(std::future<event> wait) {
    try {
        wait.get();
    } catch (const boost::system::system_error& e) {
        return e.code();
    }
    return {};
}

} // namespace

// A turn of the call comes before what another thread has posted, because its timer is found first.
TEST(destroyed_handle, what_its_thread_requested_before_is_done_first) {
    call_by_hand one;
    auto heard = std::async(std::launch::async, [&] {
        auto end = one.peer.receive_all();
        one.peer.finish();
        return end;
    });
    asio::post(*one.io, [&] {
        asio::post(*one.io, [&] {
            std::thread([&] {
                call last = std::move(one.line);
                EXPECT_FALSE(last.play(clip(std::vector<std::int16_t>(480, 7), 8000)));
                EXPECT_FALSE(last.hang_up_when_played());
            }).join();
        });
        std::this_thread::sleep_for(100ms); // the turn is due after 60 ms
    });
    one.calls->close();
    one.io->run();
    const auto end = heard.get();
    expect_orderly_end(end);
    std::size_t samples = 0;
    for (const auto& m : messages_in(end.all))
        for (std::size_t i = 0; is_audio(m.kind) && i < m.payload.size(); i += 2)
            samples += m.payload[i] == std::byte{7};
    EXPECT_EQ(samples, 480U);
}

TEST(io_context_that_goes, call_that_was_never_run_again_ends_in_order) {
    call_by_hand one;
    one.peer.send(frame(kind::slin, numbered(160))); // unread audio must not turn the close into a reset
    one.end_context();
    expect_orderly_end(one.peer.receive_all());
}

TEST(io_context_that_goes, call_that_is_dropped_just_before_ends_in_order) {
    call_by_hand one;
    one.peer.send(frame(kind::slin, numbered(160)));
    one.line = call();
    one.end_context();
    expect_orderly_end(one.peer.receive_all());
}

TEST(io_context_that_goes, call_that_is_hanging_up_ends_in_order) {
    call_by_hand one;
    one.peer.send(frame(kind::slin, numbered(160)));
    asio::post(*one.io, [&] { one.line.hang_up(); });
    one.io->poll();
    one.end_context();
    expect_orderly_end(one.peer.receive_all());
}

TEST(io_context_that_goes, handle_that_outlives_it_is_a_call_that_has_ended) {
    call_by_hand one;
    one.end_context();
    expect_ended(one.line);
    one.line = call();
}

TEST(io_context_that_goes, wait_in_progress_gets_eof_elsewhere_and_is_destroyed_at_home) {
    call_by_hand one;
    call_by_hand other;
    asio::io_context application;
    boost::system::error_code error;
    one.line.async_next_event(
        asio::bind_executor(application, [&](boost::system::error_code e, const event&) { error = e; }));
    const auto kept = std::make_shared<int>();
    other.line.async_next_event([kept](boost::system::error_code, const event&) { ADD_FAILURE() << "ran nowhere"; });
    one.io->poll();
    other.io->poll();
    one.end_context();
    other.end_context();
    application.run();
    EXPECT_EQ(error, asio::error::eof);
    EXPECT_EQ(kept.use_count(), 1);
}

TEST(io_context_that_goes, wait_that_is_started_later_gets_eof_elsewhere_and_is_destroyed_at_home) {
    call_by_hand one;
    one.end_context();
    asio::io_context application;
    boost::system::error_code error;
    one.line.async_next_event(
        asio::bind_executor(application, [&](boost::system::error_code e, const event&) { error = e; }));
    const auto kept = std::make_shared<int>();
    one.line.async_next_event(1s, [kept](boost::system::error_code, const event&) { ADD_FAILURE() << "ran nowhere"; });
    application.run();
    EXPECT_EQ(error, asio::error::eof);
    EXPECT_EQ(kept.use_count(), 1);
}

TEST(io_context_that_goes, handler_that_holds_its_own_call_is_destroyed) {
    call_by_hand one;
    auto kept = std::make_shared<call>(std::move(one.line));
    const std::weak_ptr<call> seen = kept;
    kept->async_next_event([kept](boost::system::error_code, const event&) {});
    kept.reset();
    one.io->poll();
    one.end_context();
    EXPECT_TRUE(seen.expired());
    expect_orderly_end(one.peer.receive_all());
}

TEST(io_context_that_goes, handle_in_another_thread_is_safe_meanwhile) {
    for (int i = 0; i < 20; ++i) {
        std::optional<io_thread> io(std::in_place);
        std::optional<listener> calls(std::in_place, io->context(), address{"127.0.0.1", 0});
        raw_peer peer(calls->local_endpoint());
        peer.send(id_bytes());
        call c = calls->async_accept(asio::use_future).get();
        std::atomic<bool> ended = false;
        std::atomic<int> played = 0;
        std::thread user([&] {
            const std::vector<std::int16_t> some(8);
            while (c.play(some, 8000) != usage_errc::call_ended) {
                static_cast<void>(c.async_next_event(0ms, asio::use_future));
                ++played;
            }
            ended = true;
        });
        EXPECT_TRUE(eventually([&] { return played > 0; }));
        peer.finish();
        calls.reset();
        io.reset();
        user.join();
        EXPECT_TRUE(ended);
        expect_ended(c);
    }
}

TEST(io_thread_that_goes, calls_are_hung_up_in_order_and_their_ends_are_heard) {
    std::optional<io_thread> io(std::in_place);
    std::optional<listener> calls(std::in_place, io->context(), address{"127.0.0.1", 0});
    raw_peer talking(calls->local_endpoint());
    talking.send(id_bytes());
    call heard = calls->async_accept(asio::use_future).get();
    raw_peer silent(calls->local_endpoint());
    silent.send(id_bytes());
    auto waiting = std::make_shared<call>(calls->async_accept(asio::use_future).get());
    // A handler that owns its call, as a coroutine does.
    waiting->async_next_event([waiting](boost::system::error_code, const event&) {});
    waiting.reset();
    calls.reset();

    talking.send(frame(kind::slin, numbered(160)));
    std::thread ends([&] {
        for (raw_peer* peer : {&talking, &silent}) {
            expect_orderly_end(peer->receive_all());
            peer->finish();
        }
    });
    io.reset();
    ends.join();
    expect_ended(heard);
}

TEST(io_thread_that_goes, peer_that_does_not_react_is_not_waited_for_beyond_the_bound) {
    std::optional<io_thread> io(std::in_place);
    listener_options slow;
    slow.call.hangup_timeout = std::chrono::hours(1);
    std::optional<listener> calls(std::in_place, io->context(), address{"127.0.0.1", 0}, slow);
    raw_peer peer(calls->local_endpoint());
    peer.send(id_bytes());
    call c = calls->async_accept(asio::use_future).get();
    calls.reset();
    io.reset(); // ends, or the test's patience does
    expect_orderly_end(peer.receive_all());
}

TEST(io_thread_that_goes, wait_in_progress_hears_the_end_of_the_call) {
    std::optional<io_thread> io(std::in_place);
    std::optional<listener> calls(std::in_place, io->context(), address{"127.0.0.1", 0});
    raw_peer peer(calls->local_endpoint());
    peer.send(id_bytes());
    call c = calls->async_accept(asio::use_future).get();
    auto last = c.async_next_event(asio::use_future);
    calls.reset();
    peer.finish(); // of our two sides, the other one has closed when the call hangs up, or closes soon
    io.reset();
    EXPECT_TRUE(std::holds_alternative<ended_event>(last.get()));
    EXPECT_EQ(error_of(c.async_next_event(asio::use_future)), asio::error::eof);
}

TEST(call_server_that_goes, calls_on_threads_of_its_own_are_hung_up_in_order) {
    asio::io_context io{1};
    std::vector<call> kept;
    call_server_options options;
    options.threads = 2;
    std::optional<call_server> server(
        std::in_place, io, address{"127.0.0.1", 0}, [&](call c) { kept.push_back(std::move(c)); }, options);
    std::vector<raw_peer> peers;
    for (std::size_t i = 1; i <= 4; ++i) {
        peers.emplace_back(server->local_endpoint());
        peers.back().send(id_bytes());
        while (kept.size() < i)
            io.run_one();
    }
    std::thread ends([&] {
        for (auto& peer : peers) {
            expect_orderly_end(peer.receive_all());
            peer.finish();
        }
    });
    server.reset();
    ends.join();
    for (call& c : kept)
        expect_ended(c);
}
