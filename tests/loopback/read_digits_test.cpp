// SPDX-License-Identifier: Apache-2.0
// async_read_digits on a real connection.

#include "net_test.hpp"

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/bind_executor.hpp>

#include <future>

using namespace audiosocket;
using namespace audiosocket::test;
using namespace std::chrono_literals;
namespace asio = boost::asio;

namespace {

class read_digits_on_loopback : public net_test {
  protected:
    struct outcome {
        boost::system::error_code error;
        digits_result result;
    };

    static std::future<outcome> read(call& c, const read_digits_options& options) {
        auto done = std::make_shared<std::promise<outcome>>();
        async_read_digits(c, options, [done](boost::system::error_code error, digits_result r) {
            done->set_value({error, std::move(r)});
        });
        return done->get_future();
    }

    // Waits without a limit.
    static read_digits_options patient(std::size_t digits_max) {
        read_digits_options o;
        o.digits_max = digits_max;
        o.first = o.between = 1h;
        return o;
    }

    static bytes key(const char* digit) { return frame(kind::dtmf, raw(digit)); }
};

} // namespace

TEST_F(read_digits_on_loopback, digits_among_audio_are_read_up_to_the_number) {
    listen();
    auto [peer, c] = answered();
    peer.send(key("1")); // before it begins
    auto reading = read(c, patient(3));
    peer.send(frame(kind::slin, numbered(160)) + key("2") + frame(kind::slin, numbered(160)) + key("3") + key("4"));
    const outcome three = reading.get();
    EXPECT_FALSE(three.error);
    EXPECT_EQ(three.result.digits, "123");
    EXPECT_EQ(three.result.reason, digits_end::complete);
    EXPECT_EQ(next_of<dtmf_event>(c).digit, '4'); // for the next
}

TEST_F(read_digits_on_loopback, end_digit_ends_it) {
    listen();
    auto [peer, c] = answered();
    peer.send(key("1") + key("#") + key("2"));
    const outcome one = read(c, patient(9)).get();
    EXPECT_EQ(one.result.digits, "1");
    EXPECT_EQ(one.result.reason, digits_end::end_digit);
    EXPECT_EQ(next_of<dtmf_event>(c).digit, '2');
}

TEST_F(read_digits_on_loopback, caller_who_presses_nothing_times_out_without_an_error) {
    listen();
    auto [peer, c] = answered();
    auto options = patient(9);
    options.first = 1ms;
    const outcome none = read(c, options).get();
    EXPECT_FALSE(none.error);
    EXPECT_EQ(none.result.reason, digits_end::timed_out);
    EXPECT_EQ(none.result.digits, "");

    options = patient(9);
    options.between = 1ms;
    peer.send(key("1"));
    const outcome one = read(c, options).get();
    EXPECT_FALSE(one.error);
    EXPECT_EQ(one.result.reason, digits_end::timed_out);
    EXPECT_EQ(one.result.digits, "1");
}

TEST_F(read_digits_on_loopback, prompt_takes_nothing_of_the_time_for_the_first_digit) {
    listen();
    auto [peer, c] = answered();
    EXPECT_FALSE(c.play(numbered_samples().take(8000), 8000));
    auto options = patient(1);
    options.first = 1ms;
    const auto begin = clock::now();
    EXPECT_EQ(read(c, options).get().result.reason, digits_end::timed_out);
    EXPECT_GE(clock::now() - begin, 900ms);
}

TEST_F(read_digits_on_loopback, first_digit_stops_the_prompt_if_that_is_wanted) {
    listen();
    auto [peer, c] = answered();
    auto prompt = c.async_play(clip(std::vector<std::int16_t>(80'000), 8000), asio::use_future);
    auto options = patient(1);
    options.barge_in = false;
    peer.send(key("1"));
    EXPECT_EQ(read(c, options).get().result.digits, "1");
    EXPECT_GT(c.queued(), 0ms);
    EXPECT_EQ(prompt.wait_for(0s), std::future_status::timeout);

    options.barge_in = true;
    peer.send(key("2"));
    EXPECT_EQ(read(c, options).get().result.digits, "2");
    EXPECT_TRUE(prompt.get().cleared);
}

TEST_F(read_digits_on_loopback, end_of_the_call_is_an_error_that_has_the_digits_and_keeps_the_end) {
    listen();
    auto [peer, c] = answered();
    peer.send(key("1"));
    auto reading = read(c, patient(9));
    peer.finish();
    const outcome ended = reading.get();
    EXPECT_EQ(ended.error, usage_errc::call_ended);
    EXPECT_EQ(ended.result.digits, "1");
    EXPECT_EQ(ended.result.reason, digits_end::call_ended);
    EXPECT_TRUE(std::holds_alternative<ended_event>(next(c)));
    EXPECT_EQ(read(c, patient(9)).get().error, usage_errc::call_ended);
}

TEST_F(read_digits_on_loopback, cancelled_reading_loses_no_digit) {
    listen();
    auto [peer, c] = answered();
    asio::cancellation_signal stop;
    std::promise<boost::system::error_code> reported;
    peer.send(key("1") + key("2"));
    ASSERT_TRUE(peer.wait_until_read());
    async_read_digits(
        c, patient(9),
        asio::bind_cancellation_slot(
            stop.slot(), [&](boost::system::error_code error, const digits_result&) { reported.set_value(error); }));
    ASSERT_TRUE(peer.wait_until_read());
    stop.emit(asio::cancellation_type::terminal);
    EXPECT_EQ(reported.get_future().get(), asio::error::operation_aborted);
    peer.send(key("3"));
    for (const char digit : std::string("123"))
        EXPECT_EQ(next_of<dtmf_event>(c).digit, digit);
}

// The handler has its own executor, and the cancellation comes between the result and the handler.
TEST_F(read_digits_on_loopback, result_that_a_cancellation_overtakes_goes_back) {
    listen();
    auto [peer, c] = answered();
    asio::io_context ours{1};
    asio::cancellation_signal stop;
    boost::system::error_code reported;
    async_read_digits(c, patient(9),
                      asio::bind_cancellation_slot(
                          stop.slot(), asio::bind_executor(ours, [&](boost::system::error_code error,
                                                                     const digits_result&) { reported = error; })));
    peer.send(key("1") + key("#"));
    read_digits_options at_once;
    at_once.first = 0ms;
    call& line = c; // Clang 14 does not capture structured bindings
    ASSERT_TRUE(eventually([&] { return read(line, at_once).get().error != asio::error::in_progress; }));
    stop.emit(asio::cancellation_type::terminal);
    ours.run();
    EXPECT_EQ(reported, asio::error::operation_aborted);
    EXPECT_EQ(next_of<dtmf_event>(c).digit, '1');
    EXPECT_EQ(next_of<dtmf_event>(c).digit, '#');
}

TEST_F(read_digits_on_loopback, second_wait_at_the_same_time_is_refused) {
    listen();
    auto [peer, c] = answered();
    auto first = read(c, patient(1));
    EXPECT_EQ(read(c, patient(1)).get().error, asio::error::in_progress);
    peer.send(key("1"));
    EXPECT_EQ(first.get().result.digits, "1");
}
