// SPDX-License-Identifier: Apache-2.0
// playout_stream: audio that is made while it plays.

#include "net_test.hpp"

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>

#include <algorithm>
#include <future>

using namespace audiosocket;
using namespace audiosocket::test;
using namespace std::chrono_literals;
namespace asio = boost::asio;

namespace {

class playout_stream_on_loopback : public net_test {
  protected:
    struct outcome {
        boost::system::error_code error;
        std::size_t samples = 0;
    };

    static std::future<outcome> write(playout_stream& s, std::span<const std::int16_t> samples) {
        auto done = std::make_shared<std::promise<outcome>>();
        s.async_write(samples, [done](boost::system::error_code error, std::size_t n) { done->set_value({error, n}); });
        return done->get_future();
    }

    // Returns the samples that are not silence, of what a peer hears until the end.
    static std::vector<std::int16_t> sound_until_the_end(raw_peer& peer) {
        std::vector<std::int16_t> out;
        for (const auto& m : messages_in(peer.receive_all().all)) {
            if (!is_audio(m.kind)) continue;
            std::vector<std::int16_t> some(m.payload.size() / 2);
            decode(encoding::slin, m.payload, some);
            std::ranges::copy_if(some, std::back_inserter(out), [](auto s) { return s != 0; });
        }
        peer.finish();
        return out;
    }

    static std::vector<std::int16_t> second() { return numbered_samples().take(8000); }
};

} // namespace

TEST_F(playout_stream_on_loopback, write_takes_what_there_is_room_for) {
    listen();
    auto [peer, c] = answered();
    c.pause(); // time does not matter
    playout_stream s(c, 8000, 500ms);
    EXPECT_EQ(s.room(), 4000U);
    const auto first = s.write(second());
    EXPECT_FALSE(first.error);
    EXPECT_EQ(first.samples, 4000U);
    EXPECT_EQ(s.room(), 0U);
    const auto none = s.write(second());
    EXPECT_FALSE(none.error);
    EXPECT_EQ(none.samples, 0U);
    playout_stream moved = std::move(s);
    c.resume();
    EXPECT_TRUE(eventually([&] { return moved.room() > 800; })); // as it plays
    EXPECT_GT(moved.write(second()).samples, 800U);
}

TEST_F(playout_stream_on_loopback, all_that_is_written_is_played_in_order) {
    listen();
    auto [peer, c] = answered();
    playout_stream s(c, 8000, 100ms);
    numbered_samples source;
    for (int i = 0; i < 4; ++i) { // more than there is room for
        const outcome o = write(s, source.take(1000)).get();
        EXPECT_FALSE(o.error);
        EXPECT_EQ(o.samples, 1000U);
    }
    const play_result all = s.async_finish(asio::use_future).get();
    EXPECT_EQ(all.sent, 500ms);
    EXPECT_FALSE(all.cleared);
    EXPECT_EQ(s.result().sent, 500ms);
    c.hang_up();
    EXPECT_EQ(sound_until_the_end(peer), numbered_samples().take(4000));
}

TEST_F(playout_stream_on_loopback, clear_ends_it_and_nothing_that_is_written_then_is_played) {
    listen();
    auto [peer, c] = answered();
    playout_stream s(c, 8000, 500ms);
    auto waiting = write(s, second());
    auto finishing = s.async_finish(asio::use_future);
    EXPECT_TRUE(eventually([&] { return s.result().sent >= 60ms; }));
    c.clear();
    // Audio that is on its way to the call's thread behind the clear: dropped there, or refused here.
    static_cast<void>(s.write(std::vector<std::int16_t>(800, -7)));
    const outcome cut = waiting.get();
    EXPECT_EQ(cut.error, usage_errc::playout_cleared);
    EXPECT_LT(cut.samples, 8000U);
    EXPECT_TRUE(finishing.get().cleared);
    EXPECT_EQ(s.write(second()).error, usage_errc::playout_cleared);
    EXPECT_EQ(write(s, second()).get().error, usage_errc::playout_cleared);
    EXPECT_EQ(s.room(), 0U);
    const play_result heard = s.result();
    EXPECT_TRUE(heard.cleared);
    EXPECT_GE(heard.sent, 60ms);
    EXPECT_EQ(heard.sent + heard.cut, std::chrono::milliseconds(cut.samples / 8));
    EXPECT_TRUE(s.async_finish(asio::use_future).get().cleared);

    playout_stream next(c, 8000); // the answer to the interruption
    EXPECT_FALSE(write(next, std::vector<std::int16_t>(160, 9)).get().error);
    next.async_finish(asio::use_future).get();
    c.hang_up();
    const auto sound = sound_until_the_end(peer);
    EXPECT_EQ(std::ranges::count(sound, -7), 0);
    EXPECT_EQ(std::vector(sound.end() - 160, sound.end()), std::vector<std::int16_t>(160, 9));
}

TEST_F(playout_stream_on_loopback, clear_of_a_queue_that_has_run_dry_ends_it_too) {
    listen();
    auto [peer, c] = answered();
    playout_stream s(c, 8000);
    c.clear();
    EXPECT_TRUE(eventually([&] { return s.write(second()).error == usage_errc::playout_cleared; }));
}

TEST_F(playout_stream_on_loopback, end_of_the_call_ends_it) {
    listen();
    auto [peer, c] = answered();
    playout_stream s(c, 8000, 500ms);
    auto waiting = write(s, second());
    EXPECT_TRUE(eventually([&] { return s.result().sent > 0ms; }));
    peer.finish();
    EXPECT_EQ(waiting.get().error, usage_errc::call_ended);
    EXPECT_EQ(s.write(second()).error, usage_errc::call_ended);
    EXPECT_TRUE(s.result().cleared);
    c = call();
    playout_stream_on_loopback::write(s, second()).get(); // the stream may outlive the handle
}

TEST_F(playout_stream_on_loopback, stream_of_a_call_that_has_ended_says_so) {
    listen();
    auto [peer, c] = answered();
    peer.finish();
    while (!std::holds_alternative<ended_event>(next(c))) {
    }
    playout_stream s(c, 8000);
    EXPECT_EQ(write(s, second()).get().error, usage_errc::call_ended);
}

TEST_F(playout_stream_on_loopback, cancelled_write_stops_waiting_and_the_next_one_goes_on) {
    listen();
    auto [peer, c] = answered();
    playout_stream s(c, 8000, 100ms);
    asio::cancellation_signal stop;
    std::promise<outcome> reported;
    s.async_write(std::vector<std::int16_t>(80'000),
                  asio::bind_cancellation_slot(stop.slot(), [&](boost::system::error_code error, std::size_t n) {
                      reported.set_value({error, n});
                  }));
    EXPECT_EQ(write(s, second()).get().error, asio::error::in_progress);
    stop.emit(asio::cancellation_type::terminal);
    const outcome o = reported.get_future().get();
    EXPECT_EQ(o.error, asio::error::operation_aborted);
    EXPECT_LT(o.samples, 80'000U);
    EXPECT_FALSE(write(s, std::vector<std::int16_t>(1600)).get().error);
}

TEST_F(playout_stream_on_loopback, writer_on_the_thread_of_the_call_is_served_as_well) {
    listen();
    auto [peer, c] = answered();
    call& line = c; // Clang 14 does not capture structured bindings
    std::promise<outcome> reported;
    std::optional<playout_stream> s;
    on_io([&] {
        line.pause(); // time does not matter
        s.emplace(line, 8000, 100ms);
        EXPECT_EQ(s->write(second()).samples, 800U);
        EXPECT_EQ(s->write(second()).samples, 0U);
        s->async_write(second(), [&](boost::system::error_code error, std::size_t n) {
            reported.set_value({error, n});
        });
        line.clear();
        EXPECT_EQ(s->write(second()).error, usage_errc::playout_cleared);
    });
    EXPECT_EQ(reported.get_future().get().error, usage_errc::playout_cleared);
}

TEST_F(playout_stream_on_loopback, arguments_that_make_no_sense_are_refused) {
    listen();
    auto [peer, c] = answered();
    EXPECT_THROW(playout_stream(c, 3999), std::invalid_argument);
    EXPECT_THROW(playout_stream(c, 8000, 39ms), std::invalid_argument);
}

TEST_F(playout_stream_on_loopback, handler_of_the_end_of_the_call_finds_what_was_cut_off) {
    listen();
    auto [peer, c] = answered();
    call& line = c; // Clang 14 does not capture structured bindings
    std::optional<playout_stream> s;
    std::promise<play_result> at_once;
    std::promise<outcome> finished;
    on_io([&] {
        line.pause(); // time does not matter
        s.emplace(line, 8000);
        EXPECT_EQ(s->write(second()).samples, 8000U);
        line.async_next_event([&](boost::system::error_code, const event&) { // cleared_event
            at_once.set_value(s->result());
            s->async_finish([&](boost::system::error_code error, play_result r) {
                finished.set_value({error, static_cast<std::size_t>(r.cut.count())});
            });
        });
    });
    peer.reset();
    const play_result r = at_once.get_future().get();
    EXPECT_TRUE(r.cleared);
    EXPECT_EQ(r.cut, 1s);
    const outcome end = finished.get_future().get();
    EXPECT_FALSE(end.error);
    EXPECT_EQ(end.samples, 1000U);
}

TEST_F(playout_stream_on_loopback, handler_that_writes_and_hangs_up_finds_what_was_cut_off) {
    listen();
    auto [peer, c] = answered();
    call& line = c;
    std::optional<playout_stream> s;
    std::promise<play_result> at_once;
    on_io([&] {
        line.pause();
        s.emplace(line, 8000);
        line.async_next_event([&](boost::system::error_code, const event&) {
            EXPECT_EQ(s->write(second()).samples, 8000U);
            line.hang_up();
            EXPECT_EQ(s->write(second()).error, usage_errc::call_ended);
            at_once.set_value(s->result());
        });
    });
    peer.send(frame(kind::dtmf, raw("1")));
    const play_result r = at_once.get_future().get();
    EXPECT_TRUE(r.cleared);
    EXPECT_EQ(r.cut, 1s);
}

// The queue holds a fraction of a millisecond more than it reports in whole ones.
TEST_F(playout_stream_on_loopback, stream_at_the_brim_of_the_queue_goes_on) {
    listener_options options;
    options.call.playout_queue = 200ms;
    listen(options);
    auto [peer, c] = answered();
    c.pause(); // time does not matter
    EXPECT_FALSE(c.play(std::vector<std::int16_t>(803), 8000));
    on_io([] {});
    playout_stream s(c, 8000);
    EXPECT_GT(s.write(second()).samples, 0U);
    on_io([] {});
    EXPECT_FALSE(s.write(second()).error);
    EXPECT_FALSE(s.result().cleared);
}

TEST_F(playout_stream_on_loopback, play_from_another_thread_that_is_taken_is_not_lost_at_the_brim_of_the_queue) {
    listener_options options;
    options.call.playout_queue = 200ms;
    listen(options);
    auto [peer, c] = answered();
    c.pause();
    EXPECT_FALSE(c.play(std::vector<std::int16_t>(803), 8000)); // 100.375 ms
    on_io([] {});
    EXPECT_EQ(c.play(std::vector<std::int16_t>(800), 8000), usage_errc::playout_full);
    EXPECT_FALSE(c.play(std::vector<std::int16_t>(792), 8000));
    on_io([] {});
    EXPECT_EQ(c.queued(), 200ms);
}
