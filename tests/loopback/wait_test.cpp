// SPDX-License-Identifier: Apache-2.0
// Waits for events that a timer, a cancellation or another thread interrupts: none of them loses an event.
#include "net_test.hpp"

#include <boost/asio/awaitable.hpp>
#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/bind_executor.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/experimental/awaitable_operators.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <atomic>
#include <future>
#include <random>

using namespace audiosocket;
using namespace audiosocket::test;
using namespace std::chrono_literals;
using namespace boost::asio::experimental::awaitable_operators;
namespace asio = boost::asio;

namespace {

class wait_on_loopback : public net_test {
  protected:
    // The result of a wait: an error, or a digit.
    struct outcome {
        boost::system::error_code error;
        char digit = 0;
    };

    // Waits for a digit; the handler runs in `application`, which the test runs by hand.
    auto digit_for(outcome& to, asio::cancellation_signal& stop) {
        return asio::bind_executor(application_, asio::bind_cancellation_slot(
                                                     stop.slot(), [&to](boost::system::error_code e, const event& got) {
                                                         const auto* key = std::get_if<dtmf_event>(&got);
                                                         to = {e, !e && key ? key->digit : '\0'};
                                                     }));
    }

    // Sends a digit. Returns when the call has it and has given it to a wait.
    void press(raw_peer& peer, call& c, char digit) {
        peer.send(frame(kind::dtmf, raw(std::string(1, digit))));
        ++pressed_;
        EXPECT_TRUE(eventually([&] { return on_io([&] { return c.statistics().digits_received; }) == pressed_; }));
    }

    void run_application() {
        application_.restart();
        application_.run();
    }

    asio::io_context application_;
    std::uint64_t pressed_ = 0;
};

// Runs a wait against a timer. Returns whether the event came first.
asio::awaitable<bool> event_before(call& c, std::chrono::nanoseconds limit) {
    asio::steady_timer timer(co_await asio::this_coro::executor, limit);
    const auto first = co_await (c.async_next_event(asio::use_awaitable) || timer.async_wait(asio::use_awaitable));
    co_return first.index() == 0;
}

// Frames have a number in their first sample. Fails at a number that is not the next.
struct numbered_frames {
    std::atomic<int> heard = 0;
    std::atomic<bool> enough = false;
    int cancelled = 0;
    int timed_out = 0;

    void take(const event& e) {
        const auto* audio = std::get_if<audio_event>(&e);
        if (audio == nullptr) return;
        for (auto rest = audio->samples; !rest.empty(); rest = rest.subspan(80)) { // several may come joined
            ASSERT_EQ(rest.front(), heard + 1);
            ++heard;
        }
    }
};

// Waits beside a timer, and with a timeout, in turn, until both have ended many waits.
asio::awaitable<void> count_frames(call& c, numbered_frames& frames) {
    const auto executor = co_await asio::this_coro::executor;
    asio::steady_timer timer(executor);
    for (int n = 0; frames.heard < 300 || frames.cancelled < 100 || frames.timed_out < 20; ++n) {
        if (n % 4 == 0) {
            try {
                frames.take(co_await c.async_next_event(n % 8 == 0 ? 0ms : 1ms, asio::use_awaitable));
            } catch (const boost::system::system_error& e) {
                EXPECT_EQ(e.code(), asio::error::timed_out);
                ++frames.timed_out;
            }
            continue;
        }
        timer.expires_after(1ms);
        const auto first = co_await (c.async_next_event(asio::use_awaitable) || timer.async_wait(asio::use_awaitable));
        if (const auto* e = std::get_if<0>(&first))
            frames.take(*e);
        else
            ++frames.cancelled;
        if (testing::Test::HasFailure()) break;
    }
    frames.enough = true;
}

// The application's other work. A timer and an event often come while it is busy; then both are on their way.
asio::awaitable<void> be_busy(const numbered_frames& frames) {
    std::minstd_rand random(1);
    const auto executor = co_await asio::this_coro::executor;
    while (!frames.enough) {
        std::this_thread::sleep_for(std::chrono::microseconds(random() % 2000));
        co_await asio::post(executor, asio::use_awaitable);
    }
}

} // namespace

TEST_F(wait_on_loopback, event_or_timer_is_index_0_or_1) {
    listen();
    auto [peer, c] = answered();
    asio::io_context io;
    auto none = asio::co_spawn(io, event_before(c, 1ms), asio::use_future);
    io.run();
    EXPECT_FALSE(none.get());
    peer.send(frame(kind::dtmf, raw("1")));
    auto some = asio::co_spawn(io, event_before(c, 1h), asio::use_future);
    io.restart();
    io.run();
    EXPECT_TRUE(some.get());
}

TEST_F(wait_on_loopback, event_on_its_way_to_a_cancelled_wait_is_the_first_of_the_next) {
    listen();
    auto [peer, c] = answered();
    asio::cancellation_signal stop;
    outcome first;
    outcome second;
    c.async_next_event(digit_for(first, stop));
    press(peer, c, '1');
    press(peer, c, '2');
    stop.emit(asio::cancellation_type::terminal); // the call has already delivered the '1'
    run_application();
    EXPECT_EQ(first.error, asio::error::operation_aborted);
    c.async_next_event(digit_for(second, stop));
    run_application();
    EXPECT_EQ(second.digit, '1');
    EXPECT_EQ(next_of<dtmf_event>(c).digit, '2');
}

TEST_F(wait_on_loopback, views_in_an_event_that_came_back_are_valid) {
    listen();
    auto [peer, c] = answered();
    asio::cancellation_signal stop;
    boost::system::error_code error;
    c.async_next_event(asio::bind_executor(
        application_,
        asio::bind_cancellation_slot(stop.slot(), [&](boost::system::error_code e, const event&) { error = e; })));
    for (std::size_t n = 1; n <= 3; ++n) { // one frame after the other, because they would be joined
        peer.send(frame(kind::slin, bytes(320, std::byte(n))));
        call& line = c;
        ASSERT_TRUE(eventually([&] { return on_io([&] { return line.statistics().frames_received; }) == n; }));
    }
    stop.emit(asio::cancellation_type::total);
    run_application();
    EXPECT_EQ(error, asio::error::operation_aborted);
    for (const int sample : {0x0101, 0x0202, 0x0303}) {
        const auto audio = next_of<audio_event>(c);
        EXPECT_EQ(audio.samples.size(), 160U);
        EXPECT_EQ(audio.samples.front(), sample);
    }
}

TEST_F(wait_on_loopback, end_on_its_way_to_a_cancelled_wait_comes_again) {
    listen();
    auto [peer, c] = answered();
    asio::cancellation_signal stop;
    outcome first;
    c.async_next_event(digit_for(first, stop));
    peer.finish();
    ASSERT_TRUE(eventually([&] { return counted().calls_up == 0; }));
    stop.emit(asio::cancellation_type::terminal);
    run_application();
    EXPECT_EQ(first.error, asio::error::operation_aborted);
    EXPECT_TRUE(std::holds_alternative<ended_event>(next(c)));
    EXPECT_THROW(next(c), boost::system::system_error); // eof
}

TEST_F(wait_on_loopback, cancellation_before_the_result_leaves_the_event_in_the_call) {
    listen();
    auto [peer, c] = answered();
    asio::cancellation_signal stop;
    outcome first;
    c.async_next_event(digit_for(first, stop));
    stop.emit(asio::cancellation_type::partial);
    run_application();
    EXPECT_EQ(first.error, asio::error::operation_aborted);
    press(peer, c, '1');
    EXPECT_EQ(next_of<dtmf_event>(c).digit, '1');
}

TEST_F(wait_on_loopback, timeout_passes_without_an_event_and_loses_none) {
    listen();
    auto [peer, c] = answered();
    const auto begin = clock::now();
    try {
        c.async_next_event(30ms, asio::use_future).get();
        ADD_FAILURE() << "an event without a cause";
    } catch (const boost::system::system_error& e) {
        EXPECT_EQ(e.code(), asio::error::timed_out);
    }
    EXPECT_GE(clock::now() - begin, 30ms);
    press(peer, c, '1');
    press(peer, c, '2');
    EXPECT_EQ(std::get<dtmf_event>(c.async_next_event(0ms, asio::use_future).get()).digit, '1');
    EXPECT_EQ(std::get<dtmf_event>(c.async_next_event(1h, asio::use_future).get()).digit, '2');
    EXPECT_THROW(c.async_next_event(0ms, asio::use_future).get(), boost::system::system_error);
    EXPECT_THROW(c.async_next_event(-1s, asio::use_future).get(), boost::system::system_error);
    auto last = c.async_next_event(std::chrono::nanoseconds::max() - 1ns, asio::use_future);
    press(peer, c, '3');
    EXPECT_EQ(std::get<dtmf_event>(last.get()).digit, '3');
}

TEST_F(wait_on_loopback, handlers_that_poll_with_no_timeout_leave_the_call_its_turns) {
    asio::io_context io{1};
    listener here(io, {"127.0.0.1", 0});
    raw_peer peer(here.local_endpoint());
    peer.send(id_bytes());
    call c;
    int empty = 0;
    char digit = 0;
    std::function<void()> poll = [&] {
        c.async_next_event(0ms, [&](boost::system::error_code error, const event& e) {
            if (const auto* key = std::get_if<dtmf_event>(&e); !error && key) {
                digit = key->digit;
                return io.stop();
            }
            if (++empty == 1000) peer.send(frame(kind::dtmf, raw("1")));
            poll();
        });
    };
    here.async_accept([&](boost::system::error_code, call accepted) {
        c = std::move(accepted);
        poll();
    });
    io.run();
    EXPECT_EQ(digit, '1');
}

TEST_F(wait_on_loopback, frames_are_all_heard_by_an_application_that_races_a_timer) {
    listener_options options;
    options.call.ptime = 10ms;
    listen(options);
    auto [peer, c] = answered();
    numbered_frames frames;
    std::thread caller([&frames, &line = peer] {
        for (int n = 1; n < 30'000 && !frames.enough; ++n) {
            bytes one = frame(kind::slin, bytes(160));
            one[3] = static_cast<std::byte>(n & 0xff);
            one[4] = static_cast<std::byte>(n >> 8);
            line.send(one);
            if (!eventually([&] { return frames.heard + 3 > n || frames.enough; })) break;
        }
    });
    auto done = asio::co_spawn(application_, count_frames(c, frames), asio::use_future);
    asio::co_spawn(application_, be_busy(frames), asio::detached);
    application_.run();
    done.get();
    caller.join();
}

TEST_F(wait_on_loopback, deferred_wait_does_not_need_the_handle_where_it_was) {
    listen();
    std::optional<listener> before(std::move(calls_));
    auto accepting = before->async_accept();
    calls_.emplace(std::move(*before));
    before.reset();
    raw_peer peer = connect();
    peer.send(id_bytes());
    std::optional<call> answered(std::move(accepting)(asio::use_future).get());

    auto first = answered->async_next_event();
    auto second = answered->async_next_event(1h);
    auto third = answered->async_next_event();
    call c(std::move(*answered));
    answered.reset();
    peer.send(frame(kind::dtmf, raw("1")) + frame(kind::dtmf, raw("2")));
    EXPECT_EQ(std::get<dtmf_event>(std::move(first)(asio::use_future).get()).digit, '1');
    EXPECT_EQ(std::get<dtmf_event>(std::move(second)(asio::use_future).get()).digit, '2');
    c = call();
    EXPECT_THROW(std::move(third)(asio::use_future).get(), boost::system::system_error); // operation_aborted
}

TEST_F(wait_on_loopback, call_on_its_way_to_a_cancelled_accept_is_the_first_of_the_next) {
    listen();
    asio::cancellation_signal stop;
    boost::system::error_code error;
    calls_->async_accept(asio::bind_executor(
        application_,
        asio::bind_cancellation_slot(stop.slot(), [&](boost::system::error_code e, const call&) { error = e; })));
    raw_peer peer = connect();
    peer.send(id_bytes());
    ASSERT_TRUE(eventually([&] { return counted().calls == 1; }));
    stop.emit(asio::cancellation_type::terminal);
    run_application();
    EXPECT_EQ(error, asio::error::operation_aborted);
    call c = accept();
    EXPECT_EQ(c.id(), sample_id);
    EXPECT_FALSE(peer.receive_bytes(323).empty());
}

TEST_F(wait_on_loopback, call_on_its_way_to_a_cancelled_connect_is_hung_up) {
    listen();
    const address server{"127.0.0.1", calls_->local_endpoint().port()};
    asio::cancellation_signal stop;
    boost::system::error_code error;
    async_connect(
        io_.context(), server,
        asio::bind_executor(application_, asio::bind_cancellation_slot(stop.slot(), [&](boost::system::error_code e,
                                                                                        const call&) { error = e; })));
    call c = accept();
    on_io([] {}); // the id was sent, and so the result is on its way
    stop.emit(asio::cancellation_type::terminal);
    run_application();
    EXPECT_EQ(error, asio::error::operation_aborted);
    for (;;) {
        const event e = next(c);
        if (const auto* ended = std::get_if<ended_event>(&e)) {
            EXPECT_EQ(ended->reason, end_reason::peer_hung_up);
            break;
        }
    }
}

TEST_F(wait_on_loopback, deferred_connect_to_an_address_has_an_id_of_its_own) {
    listen();
    auto placing = async_connect(io_.context(), {"127.0.0.1", calls_->local_endpoint().port()});
    auto placed = std::move(placing)(asio::use_future);
    const call answering = accept();
    const call calling = placed.get();
    EXPECT_EQ(answering.id(), calling.id());
    EXPECT_NE(calling.id(), uuid());
}
