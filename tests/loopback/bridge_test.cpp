// SPDX-License-Identifier: Apache-2.0
// async_bridge: two calls joined until one of them ends.

#include "net_test.hpp"

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>

#include <future>

using namespace audiosocket;
using namespace audiosocket::test;
using namespace std::chrono_literals;
namespace asio = boost::asio;

namespace {

struct outcome {
    boost::system::error_code error;
    bridge_result result;
};

class bridge_on_loopback : public net_test {
  protected:
    static std::future<outcome> bridge(call a, call b, const bridge_options& options = {}) {
        auto done = std::make_shared<std::promise<outcome>>();
        async_bridge(std::move(a), std::move(b), options,
                     [done](boost::system::error_code error, const bridge_result& r) {
                         done->set_value({error, r});
                     });
        return done->get_future();
    }

    // A call that we place to a listener of the other side, with that side's end.
    std::pair<call, call> placed(const connect_options& options = {}) {
        auto placing = async_connect(far_.context(), address{"127.0.0.1", calls_->local_endpoint().port()}, sample_id,
                                     options, asio::use_future);
        call answering = accept();
        return {placing.get(), std::move(answering)};
    }

    // Returns the samples in a stream that are not silence.
    static std::vector<std::int16_t> sound_in(const bytes& stream) {
        std::vector<std::int16_t> out;
        for (const auto& m : messages_in(stream)) {
            if (!is_audio(m.kind)) continue;
            std::vector<std::int16_t> some(m.payload.size() / 2);
            decode(encoding::slin, m.payload, some);
            std::ranges::copy_if(some, std::back_inserter(out), [](auto s) { return s != 0; });
        }
        return out;
    }

    io_thread far_; // not the listener's thread
};

} // namespace

TEST_F(bridge_on_loopback, audio_goes_both_ways_and_the_end_of_one_ends_the_other_after_its_audio) {
    listen();
    auto [left, a] = answered();
    auto [right, b] = answered();
    auto done = bridge(std::move(a), std::move(b));
    left.send(frame(kind::slin, numbered(160)));
    right.send(frame(kind::slin, numbered(160)));
    bytes heard_left;
    while (sound_in(heard_left).size() < 160) {
        const bytes more = left.receive_bytes(323);
        ASSERT_FALSE(more.empty());
        heard_left.insert(heard_left.end(), more.begin(), more.end());
    }
    EXPECT_EQ(sound_in(heard_left), numbered_samples().take(160));
    left.finish();
    const auto end = right.receive_all();
    EXPECT_TRUE(end.orderly);
    EXPECT_EQ(sound_in(end.all), numbered_samples().take(160));
    EXPECT_EQ(messages_in(end.all).back().kind, kind::hangup);
    right.finish();
    const outcome o = done.get();
    EXPECT_FALSE(o.error);
    EXPECT_EQ(o.result.ended_first, 0U);
    EXPECT_EQ(o.result.ends[0].reason, end_reason::peer_hung_up);
    EXPECT_EQ(o.result.ends[1].reason, end_reason::hung_up);
    EXPECT_EQ(o.result.dropped[0], 0ms);
}

TEST_F(bridge_on_loopback, audio_that_would_delay_too_much_is_dropped_and_counted) {
    listen();
    auto [left, a] = answered();
    auto [right, b] = answered();
    auto done = bridge(std::move(a), std::move(b), {.delay_max = 100ms});
    bytes second;
    for (int i = 0; i < 50; ++i) {
        const bytes one = frame(kind::slin, numbered(160));
        second.insert(second.end(), one.begin(), one.end());
    }
    left.send(second); // at once
    left.finish();
    const auto end = right.receive_all();
    right.finish();
    const outcome o = done.get();
    const auto heard = std::chrono::milliseconds(sound_in(end.all).size() / 8);
    EXPECT_LT(heard, 1s);
    EXPECT_GE(heard, 80ms);
    EXPECT_EQ(heard + o.result.dropped[0], 1s);
    EXPECT_EQ(o.result.dropped[1], 0ms);
}

TEST_F(bridge_on_loopback, calls_of_two_threads_and_two_rates_are_joined_and_digits_reach_the_placed_one) {
    listen();
    auto [peer, answered_call] = answered();
    connect_options wide;
    wide.call.send_format = parse_format("slin16");
    auto [placed_call, far_end] = placed(wide);
    auto done = bridge(std::move(answered_call), std::move(placed_call));
    peer.send(frame(kind::dtmf, raw("5")));
    EXPECT_EQ(next_of<dtmf_event>(far_end).digit, '5');
    EXPECT_FALSE(far_end.play(std::vector<std::int16_t>(1600, 1000), 16'000));
    while (sound_in(peer.receive_bytes(323)).empty()) {
    }
    far_end.hang_up();
    const auto end = peer.receive_all();
    EXPECT_TRUE(end.orderly);
    peer.finish();
    const outcome o = done.get();
    EXPECT_EQ(o.result.ended_first, 1U);
    EXPECT_EQ(o.result.ends[1].reason, end_reason::peer_hung_up);
}

TEST_F(bridge_on_loopback, cancellation_hangs_up_both_in_order) {
    listen();
    auto [left, a] = answered();
    auto [right, b] = answered();
    asio::cancellation_signal stop;
    std::promise<outcome> reported;
    async_bridge(
        std::move(a), std::move(b),
        asio::bind_cancellation_slot(stop.slot(), [&](boost::system::error_code error, const bridge_result& r) {
            reported.set_value({error, r});
        }));
    stop.emit(asio::cancellation_type::terminal);
    for (raw_peer* peer : {&left, &right}) {
        EXPECT_TRUE(peer->receive_all().orderly);
        peer->finish();
    }
    const outcome o = reported.get_future().get();
    EXPECT_EQ(o.error, asio::error::operation_aborted);
    EXPECT_EQ(o.result.ends[0].reason, end_reason::hung_up);
    EXPECT_EQ(o.result.ends[1].reason, end_reason::hung_up);
}

TEST_F(bridge_on_loopback, call_that_has_ended_before_ends_the_other_at_once) {
    listen();
    auto [left, a] = answered();
    auto [right, b] = answered();
    right.finish();
    while (!std::holds_alternative<ended_event>(next(b))) {
    }
    auto done = bridge(std::move(a), std::move(b));
    EXPECT_TRUE(left.receive_all().orderly);
    left.finish();
    const outcome o = done.get();
    EXPECT_EQ(o.result.ended_first, 1U);
    EXPECT_EQ(o.result.ends[1].error, usage_errc::call_ended);
    EXPECT_EQ(o.result.ends[0].reason, end_reason::hung_up);
}

TEST_F(bridge_on_loopback, audio_for_which_the_queue_of_the_other_call_has_no_room_is_counted_as_dropped) {
    listener_options options;
    options.call.playout_queue = 100ms;
    listen(options);
    auto [left, a] = answered();
    auto [right, b] = answered();
    auto done = bridge(std::move(a), std::move(b), {.delay_max = 1h});
    bytes second;
    for (int i = 0; i < 50; ++i)
        second = second + frame(kind::slin, numbered(160));
    left.send(second); // at once
    left.finish();
    const auto end = right.receive_all();
    right.finish();
    const outcome o = done.get();
    EXPECT_EQ(std::chrono::milliseconds(sound_in(end.all).size() / 8) + o.result.dropped[0], 1s);
}

TEST_F(bridge_on_loopback, delay_below_a_frame_is_refused) {
    listen();
    auto [left, a] = answered();
    auto [right, b] = answered();
    EXPECT_THROW(bridge(std::move(a), std::move(b), {.delay_max = 19ms}), std::invalid_argument);
}
