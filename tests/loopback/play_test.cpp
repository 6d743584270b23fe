// SPDX-License-Identifier: Apache-2.0
// call::async_play: completes when the sound has been played, or cut off.

#include "net_test.hpp"
#include "support/stepped_call.hpp"

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/deferred.hpp>

#include <future>
#include <string>
#include <vector>

using namespace audiosocket;
using namespace audiosocket::test;
using namespace std::chrono_literals;
namespace asio = boost::asio;

namespace {

class play_on_loopback : public net_test {
  protected:
    static clip sound(std::chrono::milliseconds length) {
        return clip(numbered_samples().take(static_cast<std::size_t>(length.count()) * 8), 8000);
    }

    // The result of a play.
    struct outcome {
        boost::system::error_code error;
        play_result result;
    };
    static std::future<outcome> play(call& c, const clip& what) {
        auto done = std::make_shared<std::promise<outcome>>();
        c.async_play(what, [done](boost::system::error_code error, play_result r) { done->set_value({error, r}); });
        return done->get_future();
    }
};

} // namespace

TEST_F(play_on_loopback, plays_complete_in_order_though_nothing_waits_for_events) {
    listen();
    auto [peer, c] = answered();
    auto first = c.async_play(sound(60ms), asio::use_future);
    auto second = c.async_play(numbered_samples().take(160), 8000, asio::use_future);
    const play_result two = second.get();
    EXPECT_EQ(first.wait_for(0s), std::future_status::ready);
    const play_result one = first.get();
    EXPECT_EQ(one.sent, 60ms);
    EXPECT_EQ(one.cut, 0ms);
    EXPECT_FALSE(one.cleared);
    EXPECT_EQ(two.sent, 20ms);
    EXPECT_GE(peer.receive_bytes(4 * 323).size(), 4U * 323);
}

TEST_F(play_on_loopback, sounds_that_two_clears_cut_off_complete_in_order) {
    // The handler of the first was posted, because the application had requested the clear within a handler. The second
    // clear was posted before that, from elsewhere. It ran the handler of the second sound at once.
    stepped_call one;
    asio::io_context& home = one.io;
    call& c = one.line;
    std::vector<int> completed;
    const auto play = [&](int number) {
        c.async_play(sound(10s), [&completed, number](boost::system::error_code error, play_result r) {
            EXPECT_FALSE(error);
            EXPECT_TRUE(r.cleared);
            completed.push_back(number);
        });
    };
    asio::post(home, [&] {
        play(1);
        c.clear();
        play(2);
    });
    c.clear();
    while (completed.size() < 2)
        home.run_one();
    EXPECT_EQ(completed, (std::vector{1, 2}));
}

TEST_F(play_on_loopback, event_does_not_overtake_the_end_of_a_sound) {
    // The handler of the sound was posted, because the application had cleared it within a handler. The event, which
    // came next, was delivered at once.
    stepped_call one;
    asio::io_context& home = one.io;
    call& c = one.line;
    std::vector<std::string> completed;
    c.async_next_event([&](boost::system::error_code, const event&) { completed.emplace_back("event"); });
    asio::post(home, [&] {
        c.async_play(clip({}, 8000), [&](boost::system::error_code, play_result) { completed.emplace_back("sound"); });
        c.clear();
    });
    EXPECT_FALSE(c.mark("next"));
    c.clear(); // which is an event
    while (completed.size() < 2)
        home.run_one();
    EXPECT_EQ(completed, (std::vector<std::string>{"sound", "event"}));
}

TEST_F(play_on_loopback, it_adds_no_events) {
    listen();
    auto [peer, c] = answered();
    c.async_play(sound(40ms), asio::use_future).get();
    EXPECT_FALSE(c.mark("after"));
    const event e = next(c);
    ASSERT_TRUE(std::holds_alternative<played_event>(e));
    EXPECT_EQ(std::get<played_event>(e).sent, 40ms); // the ledger of the marks continues as with play()
}

TEST_F(play_on_loopback, clear_completes_all_with_what_was_sent_and_cut) {
    listen();
    auto [peer, c] = answered();
    c.pause(); // until both are queued
    auto first = play(c, sound(10s));
    auto second = play(c, sound(5s));
    call& line = c; // Clang 14 does not capture structured bindings
    EXPECT_TRUE(eventually([&] { return line.queued() == 15s; }));
    c.resume();
    EXPECT_TRUE(eventually([&] { return line.queued() < 14'950ms; }));
    c.clear();
    const outcome one = first.get();
    const outcome two = second.get();
    EXPECT_FALSE(one.error);
    EXPECT_TRUE(one.result.cleared);
    EXPECT_GE(one.result.sent, 40ms);
    EXPECT_EQ(one.result.sent + one.result.cut, 10s);
    EXPECT_TRUE(two.result.cleared);
    EXPECT_EQ(two.result.cut, 5s);
}

TEST_F(play_on_loopback, end_of_the_call_completes_it_and_refuses_what_follows) {
    listen();
    auto [peer, c] = answered();
    auto playing = play(c, sound(10s));
    peer.finish();
    const outcome cut = playing.get();
    EXPECT_FALSE(cut.error);
    EXPECT_TRUE(cut.result.cleared);
    EXPECT_EQ(play(c, sound(10ms)).get().error, usage_errc::call_ended);
}

TEST_F(play_on_loopback, handle_that_goes_completes_it) {
    listen();
    auto [peer, c] = answered();
    auto playing = play(c, sound(10s));
    c = call();
    EXPECT_TRUE(playing.get().result.cleared);

    auto [other_peer, other] = answered();
    auto to_the_end = play(other, sound(40ms));
    other.hang_up_when_played();
    other = call();
    EXPECT_FALSE(to_the_end.get().result.cleared);
}

TEST_F(play_on_loopback, cancelled_wait_leaves_the_sound_playing) {
    listen();
    auto [peer, c] = answered();
    asio::cancellation_signal stop;
    std::promise<boost::system::error_code> reported;
    c.async_play(sound(10s),
                 asio::bind_cancellation_slot(
                     stop.slot(), [&](boost::system::error_code error, play_result) { reported.set_value(error); }));
    auto behind = play(c, sound(20ms));
    stop.emit(asio::cancellation_type::terminal);
    EXPECT_EQ(reported.get_future().get(), asio::error::operation_aborted);
    EXPECT_GT(c.queued(), 0ms);
    EXPECT_EQ(behind.wait_for(0s), std::future_status::timeout);
    c.clear();
    EXPECT_TRUE(behind.get().result.cleared);
}

TEST_F(play_on_loopback, what_cannot_be_played_is_refused_with_the_reason) {
    listener_options options;
    options.call.playout_queue = 100ms;
    listen(options);
    auto [peer, c] = answered();
    auto playing = play(c, sound(1s));
    EXPECT_EQ(play(c, sound(10ms)).get().error, usage_errc::playout_full);
    for (const int rate : {-1, 0, 3999, 1'000'000}) {
        std::promise<boost::system::error_code> reported;
        c.async_play(std::span<const std::int16_t>(), rate,
                     [&](boost::system::error_code error, play_result) { reported.set_value(error); });
        EXPECT_EQ(reported.get_future().get(), usage_errc::unsupported_rate) << rate;
    }
    EXPECT_FALSE(playing.get().error);
}

TEST_F(play_on_loopback, operation_that_starts_later_survives_a_move_of_the_handle_and_has_its_samples) {
    listen();
    auto [peer, c] = answered();
    auto samples = numbered_samples().take(160);
    auto later = c.async_play(samples, 8000, asio::deferred);
    samples.assign(samples.size(), 0);
    call moved = std::move(c);
    EXPECT_EQ(std::move(later)(asio::use_future).get().sent, 20ms);
    moved.hang_up();
    const bytes got = peer.receive_all().all;
    const bytes said = numbered(160);
    EXPECT_NE(std::search(got.begin(), got.end(), said.begin(), said.end()), got.end());
}
