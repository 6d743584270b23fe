// SPDX-License-Identifier: Apache-2.0
// serve(): a server whose handler is a function or a coroutine, and how it treats exceptions.

#include "loopback/net_test.hpp"

#include <audiosocket/server.hpp>

#include <boost/asio/use_awaitable.hpp>

#include <mutex>
#include <set>
#include <stdexcept>

using namespace audiosocket;
using namespace audiosocket::test;
using namespace std::chrono_literals;
namespace asio = boost::asio;

namespace {

clip short_sound() {
    return clip(numbered_samples().take(160), 8000);
}

asio::awaitable<void> play_and_leave(call c) {
    co_await c.async_play(short_sound(), asio::use_awaitable);
}

asio::awaitable<void> fail_by_id(call c) {
    co_await c.async_play(short_sound(), asio::use_awaitable);
    if (c.id() == sample_id) throw std::runtime_error("out of order");
    for (;;)
        co_await c.async_play(short_sound(), asio::use_awaitable);
}

// A caller that stays until the server has hung up. Returns whether that was in order.
bool is_hung_up(const call_server& server, const uuid& id = sample_id) {
    raw_peer peer(server.local_endpoint());
    peer.send(id_bytes(id));
    const auto end = peer.receive_all();
    const auto all = messages_in(end.all);
    peer.finish();
    return end.orderly && !all.empty() && all.back().kind == kind::hangup;
}

const address any_port{"127.0.0.1", 0};

// Destroys a server on the thread of its io_context.
void destroy(io_thread& io, std::unique_ptr<call_server>& server) {
    asio::post(io.context(), asio::use_future([&] { server.reset(); })).get();
}

template <class Handler>
std::unique_ptr<call_server> make(io_thread& io, Handler handler, const serve_options& options = {}) {
    return std::unique_ptr<call_server>(new call_server(serve(io.context(), any_port, std::move(handler), options)));
}

} // namespace

TEST(serve, call_of_a_coroutine_is_hung_up_when_it_returns) {
    io_thread io;
    auto server = make(io, play_and_leave);
    EXPECT_TRUE(is_hung_up(*server));
    destroy(io, server);
}

TEST(serve, lambda_with_captures_outlives_the_server_as_long_as_its_coroutines) {
    io_thread io;
    const auto held = std::make_shared<int>(42);
    std::promise<int> seen;
    auto server = make(io, [held, &seen](call c) -> asio::awaitable<void> {
        const event first = co_await c.async_next_event(asio::use_awaitable);
        static_cast<void>(first);
        seen.set_value(*held);
    });
    raw_peer peer(server->local_endpoint());
    peer.send(id_bytes());
    EXPECT_FALSE(peer.receive_bytes(323).empty()); // its coroutine waits
    destroy(io, server);
    EXPECT_GT(held.use_count(), 1);
    peer.send(frame(kind::dtmf, raw("1")));
    EXPECT_EQ(seen.get_future().get(), 42);
    EXPECT_TRUE(eventually([&] { return held.use_count() == 1; }));
}

TEST(serve, handlers_run_on_the_thread_of_their_call) {
    io_thread io;
    serve_options options;
    options.threads = 2;
    std::mutex guard;
    std::set<std::thread::id> threads;
    std::vector<call> kept;
    auto server = make(
        io,
        [&](call c) {
            EXPECT_TRUE(c.get_executor().running_in_this_thread());
            const std::lock_guard lock(guard);
            threads.insert(std::this_thread::get_id());
            kept.push_back(std::move(c));
        },
        options);
    raw_peer first(server->local_endpoint());
    first.send(id_bytes());
    raw_peer second(server->local_endpoint());
    second.send(id_bytes());
    EXPECT_TRUE(eventually([&] {
        const std::lock_guard lock(guard);
        return threads.size() == 2;
    }));
    kept.clear();
    destroy(io, server);
}

TEST(serve, coroutine_that_throws_ends_its_own_call_and_is_reported) {
    for (const std::size_t threads : {0U, 2U}) {
        io_thread io;
        std::promise<failed_call> reported;
        serve_options options;
        options.threads = threads;
        options.on_failed = [&](const failed_call& f) {
            EXPECT_TRUE(io.context().get_executor().running_in_this_thread());
            reported.set_value(f);
        };
        auto server = make(io, fail_by_id, options);
        raw_peer other(server->local_endpoint());
        other.send(id_bytes(uuid::random()));
        EXPECT_FALSE(other.receive_bytes(323).empty());
        EXPECT_TRUE(is_hung_up(*server, sample_id));
        const failed_call failed = reported.get_future().get();
        EXPECT_EQ(failed.id, sample_id);
        EXPECT_EQ(failed.peer.address(), server->local_endpoint().address());
        EXPECT_THROW(std::rethrow_exception(failed.why), std::runtime_error);
        EXPECT_EQ(other.receive_bytes(10 * 323).size(), 10U * 323); // goes on
        // Its coroutine ends with call_ended, which is not a failure: a second report would throw here.
        other.finish();
        other.receive_all();
        EXPECT_TRUE(eventually([&] { return server->calls_in_progress() == 0; }));
        destroy(io, server);
    }
}

TEST(serve, function_that_throws_is_reported_as_well) {
    io_thread io;
    std::promise<failed_call> reported;
    serve_options options;
    options.on_failed = [&](const failed_call& f) { reported.set_value(f); };
    auto server = make(
        io, [](call) { throw std::logic_error("no"); }, options);
    EXPECT_TRUE(is_hung_up(*server));
    EXPECT_THROW(std::rethrow_exception(reported.get_future().get().why), std::logic_error);
    destroy(io, server);
}

TEST(serve, exception_without_a_handler_leaves_through_run_and_the_server_goes_on) {
    asio::io_context io{1};
    auto server = std::unique_ptr<call_server>(new call_server(serve(io, any_port, fail_by_id)));
    raw_peer peer(server->local_endpoint());
    peer.send(id_bytes());
    EXPECT_THROW(io.run(), std::runtime_error);
    raw_peer next(server->local_endpoint());
    next.send(id_bytes());
    EXPECT_THROW(io.run(), std::runtime_error);
    server.reset();
}

// A handler that ignores ended_event: its next wait fails. No caller can end the process in this way.
TEST(serve, coroutine_that_waits_behind_the_end_of_its_call_is_not_a_failure) {
    io_thread io;
    std::promise<void> over;
    serve_options options;
    options.on_failed = [](const failed_call& f) { ADD_FAILURE() << f.what(); };
    auto server = make(
        io,
        [&](call c) -> asio::awaitable<void> {
            const auto kept = std::shared_ptr<void>(nullptr, [&over](void*) { over.set_value(); });
            for (;;)
                co_await c.async_next_event(asio::use_awaitable);
        },
        options);
    raw_peer peer(server->local_endpoint());
    peer.send(id_bytes());
    peer.send(frame(kind::hangup));
    over.get_future().wait();
    destroy(io, server); // would come after the report
}

TEST(serve, end_of_a_call_is_known_by_its_error) {
    const auto of = [](const auto& e) { return std::make_exception_ptr(e); };
    using boost::system::system_error;
    EXPECT_TRUE(is_end_of_call(of(system_error(make_error_code(usage_errc::call_ended)))));
    EXPECT_TRUE(is_end_of_call(of(system_error(asio::error::eof)))); // of a wait after ended_event
    EXPECT_FALSE(is_end_of_call(of(system_error(asio::error::connection_refused))));
    EXPECT_FALSE(is_end_of_call(of(std::runtime_error("x"))));
    EXPECT_FALSE(is_end_of_call(of(42)));
    EXPECT_FALSE(is_end_of_call(nullptr));
}
