// SPDX-License-Identifier: Apache-2.0
// async_play beside a wait: the handler of the one ends the other, as `async_play || async_next_event` does.

#include "net_test.hpp"
#include "support/stepped_call.hpp"

#include <boost/asio/bind_cancellation_slot.hpp>

#include <future>
#include <stdexcept>

using namespace audiosocket;
using namespace audiosocket::test;
using namespace std::chrono_literals;
namespace asio = boost::asio;

namespace {

clip sound(std::chrono::milliseconds length) {
    return clip(numbered_samples().take(static_cast<std::size_t>(length.count()) * 8), 8000);
}

bytes key(const char* digit) {
    return frame(kind::dtmf, raw(digit));
}

class play_and_wait_on_loopback : public net_test {
  protected:
    auto until_played(std::promise<boost::system::error_code>& to) {
        return asio::bind_cancellation_slot(
            stop_.slot(), [&to](boost::system::error_code error, const auto& /*result*/) { to.set_value(error); });
    }

    // On the thread of the call: plays, and waits for an event until the sound has ended.
    std::future<boost::system::error_code> wait_while_playing(call& c, const clip& what) {
        c.async_play(what,
                     [this](boost::system::error_code, play_result) { stop_.emit(asio::cancellation_type::all); });
        c.async_next_event(until_played(completion_));
        return completion_.get_future();
    }

    asio::cancellation_signal stop_;
    std::promise<boost::system::error_code> completion_;
};

} // namespace

TEST_F(play_and_wait_on_loopback, digit_behind_the_one_that_interrupts_the_sound_is_not_lost) {
    listen();
    auto [peer, c] = answered();
    call& line = c; // Clang 14 does not capture structured bindings
    on_io([&] {
        line.async_play(sound(10s),
                        [this](boost::system::error_code, play_result) { stop_.emit(asio::cancellation_type::all); });
        read_digits_options options;
        options.digits_max = 9;
        async_read_digits(line, options, until_played(completion_));
    });
    peer.send(key("1") + key("2"));
    EXPECT_EQ(completion_.get_future().get(), asio::error::operation_aborted);
    peer.send(key("3"));
    for (const char digit : std::string("123"))
        EXPECT_EQ(next_of<dtmf_event>(c).digit, digit);
}

TEST_F(play_and_wait_on_loopback, mark_in_the_frame_that_ends_the_sound_is_not_lost) {
    listen();
    auto [peer, c] = answered();
    call& line = c;
    std::future<boost::system::error_code> reported;
    on_io([&] {
        reported = wait_while_playing(line, sound(30ms));
        EXPECT_FALSE(line.mark("behind"));
        EXPECT_FALSE(line.play(sound(40ms)));
        EXPECT_FALSE(line.mark("last"));
    });
    EXPECT_EQ(reported.get(), asio::error::operation_aborted);
    EXPECT_EQ(next_of<played_event>(c).mark, "behind");
    EXPECT_EQ(next_of<played_event>(c).mark, "last");
}

TEST_F(play_and_wait_on_loopback, what_the_end_of_the_call_tells_is_not_lost) {
    listen();
    auto [peer, c] = answered();
    call& line = c;
    std::future<boost::system::error_code> reported;
    on_io([&] { reported = wait_while_playing(line, sound(10s)); });
    peer.reset();
    EXPECT_EQ(reported.get(), asio::error::operation_aborted);
    EXPECT_TRUE(std::holds_alternative<cleared_event>(next(c)));
    EXPECT_TRUE(std::holds_alternative<ended_event>(next(c)));
}

TEST_F(play_and_wait_on_loopback, event_next_to_a_handler_that_throws_is_not_lost) {
    stepped_call one;
    asio::io_context& home = one.io;
    call& c = one.line;
    std::vector<std::string> heard;
    const auto note = [&heard](boost::system::error_code, const event& e) {
        if (const auto* mark = std::get_if<played_event>(&e)) heard.push_back(mark->mark);
    };
    c.async_play(sound(30ms), [](boost::system::error_code, play_result) { throw std::runtime_error("a test"); });
    EXPECT_FALSE(c.mark("behind"));
    EXPECT_FALSE(c.play(sound(40ms)));
    EXPECT_FALSE(c.mark("last"));
    c.async_next_event(note);
    EXPECT_THROW(home.run(), std::runtime_error);
    while (heard.empty())
        home.run_one();
    EXPECT_EQ(heard, std::vector<std::string>{"behind"});
}

TEST_F(play_and_wait_on_loopback, dropping_the_handle_runs_no_handler_within_it) {
    listen();
    auto [peer, c] = answered();
    call& line = c;
    std::promise<play_result> done;
    std::atomic<bool> within{true};
    on_io([&] {
        line.async_play(sound(10s), [&](boost::system::error_code, play_result r) {
            EXPECT_FALSE(within);
            done.set_value(r);
        });
        line = call();
        within = false;
    });
    EXPECT_TRUE(done.get_future().get().cleared);
}
