// SPDX-License-Identifier: Apache-2.0
#include "loopback/net_test.hpp"

#include <audiosocket/server.hpp>

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>

#include <deque>
#include <mutex>
#include <stdexcept>

using namespace audiosocket;
using namespace audiosocket::test;
namespace asio = boost::asio;

namespace {

constexpr auto for_ever = std::chrono::nanoseconds::max();

// A server on its own thread. Its calls are kept until the test ends them. The parameter is the number of its threads.
class call_server_on_loopback : public testing::TestWithParam<std::size_t> {
  protected:
    template <class Function>
    auto on_io(Function f) {
        return asio::post(io_.context(), asio::use_future(std::move(f))).get();
    }

    call_server_on_loopback() {
        server_.emplace(
            io_.context(), address{"127.0.0.1", 0}, [](call c) { keep(std::move(c)); },
            call_server_options{{}, GetParam()});
    }

    ~call_server_on_loopback() override {
        std::move(drain(std::chrono::seconds(0))).get();
        on_io([this] { server_.reset(); });
    }

    std::future<drain_report> drain(std::chrono::nanoseconds timeout) {
        return server_->async_drain(timeout, asio::use_future);
    }

    // A call in progress, from the caller's point of view.
    raw_peer call_in() {
        raw_peer peer(server_->local_endpoint());
        const std::size_t before = server_->calls_in_progress();
        peer.send(id_bytes());
        EXPECT_TRUE(eventually([&] { return server_->calls_in_progress() == before + 1; }));
        return peer;
    }

    static bool said_hangup(const raw_peer::stream_end& end) {
        const auto all = messages_in(end.all);
        return end.orderly && !all.empty() && all.back().kind == kind::hangup;
    }

    io_thread io_;
    std::optional<call_server> server_;

  private:
    // Waits for events, as an application does.
    struct kept_call : std::enable_shared_from_this<kept_call> {
        explicit kept_call(call c) : line(std::move(c)) {}
        void wait() {
            line.async_next_event([self = shared_from_this()](boost::system::error_code error, const event&) {
                if (!error) self->wait();
            });
        }
        call line;
    };

    static void keep(call c) {
        const auto home = c.get_executor();
        asio::dispatch(home, [kept = std::make_shared<kept_call>(std::move(c))] { kept->wait(); });
    }
};

} // namespace

TEST(call_server, handler_that_is_missing_is_refused) {
    asio::io_context io;
    EXPECT_THROW(call_server(io, {"127.0.0.1", 0}, nullptr), std::invalid_argument);
}

TEST(call_server, exception_of_the_handler_leaves_the_server_answering) {
    asio::io_context io;
    int calls = 0;
    std::optional<call_server> server(std::in_place, io, address{"127.0.0.1", 0}, [&](const call&) {
        if (++calls == 1) throw std::runtime_error("the first");
    });
    raw_peer first(server->local_endpoint());
    raw_peer second(server->local_endpoint());
    first.send(id_bytes());
    EXPECT_THROW(
        {
            while (calls == 0)
                io.run_one();
        },
        std::runtime_error);
    second.send(id_bytes());
    while (calls < 2)
        io.run_one();
    server->async_drain(for_ever, [&](auto, drain_report) { server.reset(); });
    io.run();
}

TEST(call_server, destroyed_server_listens_no_more) {
    asio::io_context io;
    asio::ip::tcp::endpoint where;
    {
        call_server server(io, {"127.0.0.1", 0}, [](call) {});
        where = server.local_endpoint();
    }
    io.run();
    EXPECT_THROW(raw_peer{where}, boost::system::system_error);
}

TEST_P(call_server_on_loopback, drain_without_calls_completes_at_once) {
    const auto report = drain(for_ever).get();
    EXPECT_EQ(report.ended, 0U);
    EXPECT_EQ(report.hung_up, 0U);
}

TEST_P(call_server_on_loopback, drain_waits_for_calls_that_end_by_themselves) {
    raw_peer first = call_in();
    raw_peer second = call_in();
    auto drained = drain(for_ever);
    EXPECT_TRUE(eventually([&] { return on_io([&] { return server_->listening().socket().is_open(); }) == false; }));
    EXPECT_THROW(raw_peer{server_->local_endpoint()}, boost::system::system_error);
    first.finish();
    first.receive_all();
    EXPECT_TRUE(eventually([&] { return server_->calls_in_progress() == 1; }));
    EXPECT_NE(drained.wait_for(std::chrono::seconds(0)), std::future_status::ready);
    second.finish();
    second.receive_all();
    const auto report = drained.get();
    EXPECT_EQ(report.ended, 2U);
    EXPECT_EQ(report.hung_up, 0U);
    EXPECT_EQ(server_->calls_in_progress(), 0U);
}

TEST_P(call_server_on_loopback, calls_left_at_the_timeout_are_hung_up_in_order) {
    raw_peer peer = call_in();
    auto drained = drain(std::chrono::milliseconds(1));
    EXPECT_TRUE(said_hangup(peer.receive_all()));
    peer.finish();
    const auto report = drained.get();
    EXPECT_EQ(report.ended, 0U);
    EXPECT_EQ(report.hung_up, 1U);
}

TEST_P(call_server_on_loopback, connection_without_an_id_may_still_become_a_call_of_a_drain) {
    raw_peer peer(server_->local_endpoint());
    EXPECT_TRUE(eventually([&] { return on_io([&] { return server_->listening().statistics().handshakes; }) == 1; }));
    auto drained = drain(for_ever);
    peer.send(id_bytes());
    EXPECT_TRUE(eventually([&] { return server_->calls_in_progress() == 1; }));
    peer.finish();
    peer.receive_all();
    EXPECT_EQ(drained.get().ended, 1U);
}

TEST_P(call_server_on_loopback, hang_up_all_ends_calls_and_goes_on_answering) {
    raw_peer first = call_in();
    raw_peer second = call_in();
    server_->hang_up_all();
    for (raw_peer* peer : {&first, &second}) {
        EXPECT_TRUE(said_hangup(peer->receive_all()));
        peer->finish();
    }
    EXPECT_TRUE(eventually([&] { return server_->calls_in_progress() == 0; }));
    raw_peer third = call_in();
    EXPECT_FALSE(third.receive_bytes(323).empty());
}

TEST_P(call_server_on_loopback, second_wait_for_a_drain_is_refused) {
    raw_peer peer = call_in();
    auto first = drain(for_ever);
    try {
        drain(for_ever).get();
        ADD_FAILURE() << "two waits at once";
    } catch (const boost::system::system_error& e) {
        EXPECT_EQ(e.code(), asio::error::in_progress);
    }
    peer.finish();
    peer.receive_all();
    EXPECT_EQ(first.get().ended, 1U);
}

TEST_P(call_server_on_loopback, cancelled_wait_leaves_the_drain_going) {
    raw_peer peer = call_in();
    asio::cancellation_signal cancel;
    auto first = server_->async_drain(for_ever, asio::bind_cancellation_slot(cancel.slot(), asio::use_future));
    on_io([&] { cancel.emit(asio::cancellation_type::all); });
    try {
        first.get();
        ADD_FAILURE() << "not cancelled";
    } catch (const boost::system::system_error& e) {
        EXPECT_EQ(e.code(), asio::error::operation_aborted);
    }
    EXPECT_EQ(server_->calls_in_progress(), 1U);
    EXPECT_EQ(on_io([&] { return server_->listening().socket().is_open(); }), false);
    auto second = drain(for_ever);
    on_io([] {}); // it has begun, and counts the call that ends now
    peer.finish();
    peer.receive_all();
    EXPECT_EQ(second.get().ended, 1U);
}

TEST_P(call_server_on_loopback, calls_live_on_its_threads) {
    const std::size_t threads = GetParam();
    EXPECT_EQ(server_->contexts().size(), std::max<std::size_t>(threads, 1));
    EXPECT_EQ(server_->contexts().front() == &io_.context(), threads == 0);
}

INSTANTIATE_TEST_SUITE_P(threads, call_server_on_loopback, testing::Values(0, 2),
                         [](const auto& about) { return about.param == 0 ? "none" : "two"; });
