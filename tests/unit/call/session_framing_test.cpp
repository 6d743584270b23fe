// SPDX-License-Identifier: Apache-2.0
// The conformance cases 19 to 33 (`audiosocket check --list`), and what happens to data that a slow application does
// not take (46, 47).

#include "support/session_script.hpp"

using namespace audiosocket;
using namespace audiosocket::test;

namespace {

using words = std::vector<std::string>;

const bytes audio = frame(kind::slin, pcm(tone(160, 8000)));

call_options slin_input() {
    call_options options;
    options.input = input_format::slin;
    return options;
}

// A call that has begun.
session_driver a_call(const call_options& options = slin_input()) {
    session_driver d(options);
    d.receive(id_frame());
    d.log.clear();
    return d;
}

} // namespace

TEST(session, audio_of_any_length_is_delivered_bit_exact) { // 19, 20, 26
    for (const std::size_t length : {2U, 160U, 320U, 480U, 640U, 960U, 7680U, 65'534U}) {
        auto d = a_call();
        d.receive(frame(kind::slin, pcm(count_up(length / 2))));
        EXPECT_EQ(d.heard, count_up(length / 2));
    }
    check_script(a_server(slin_input()), {arrives(id_frame() + frame(kind::slin, pcm(count_up(480)))), fin()},
                 {"started", "audio 480@8000", "ended peer hung up"});
}

TEST(session, each_split_of_a_message_delivers_the_same) { // 21, 23
    const bytes message = frame(kind::slin, pcm(count_up(160)));
    for (std::size_t at = 1; at < message.size(); ++at) {
        auto d = a_call();
        d.receive({message.begin(), message.begin() + static_cast<std::ptrdiff_t>(at)});
        EXPECT_TRUE(d.heard.empty());
        d.run_for(1ms);
        d.receive({message.begin() + static_cast<std::ptrdiff_t>(at), message.end()});
        ASSERT_EQ(d.heard, count_up(160)) << at;
        EXPECT_EQ(d->statistics().split_headers, at < header_bytes ? 1U : 0U);
        EXPECT_EQ(d->statistics().message_pause_max, 1ms);
    }
}

TEST(session, a_hundred_messages_in_one_segment_are_delivered_in_order) { // 22
    bytes stream;
    for (int i = 0; i < 100; ++i)
        stream = stream + frame(kind::slin, pcm(count_up(160, 1 + 160 * i)));
    auto d = a_call();
    d.receive(stream);
    EXPECT_EQ(d.heard, count_up(16'000));
    check_script(a_server(slin_input()), {arrives(id_frame()), arrives(stream), fin()},
                 {"started", "audio 16000@8000", "ended peer hung up"});
}

TEST(session, audio_of_length_0_is_counted_and_ignored) { // 24
    check_script(a_server(), {arrives(id_frame() + frame(kind::slin) + audio + frame(kind::slin)), fin()},
                 {"started", "audio 160@8000", "ended peer hung up"});
    auto d = a_call();
    for (int i = 0; i < 1000; ++i)
        d.receive(frame(kind::slin));
    EXPECT_TRUE(d.log.empty());
    EXPECT_EQ(d->statistics().empty_audio, 1000U);
}

TEST(session, an_odd_byte_of_audio_is_left_out) { // 25
    bytes payload = pcm(count_up(160));
    payload.push_back(std::byte{1});
    auto d = a_call();
    d.receive(frame(kind::slin, payload));
    EXPECT_EQ(d.heard, count_up(160));
    EXPECT_EQ(d->statistics().odd_audio, 1U);
    auto longest = a_call();
    longest.receive(frame(kind::slin, bytes(65'535))); // 26
    EXPECT_EQ(longest.heard.size(), 32'767U);
}

TEST(session, each_audio_kind_is_its_own_rate) { // 27
    for (std::size_t i = 0; i < slin_rates_hz.size(); ++i) {
        auto d = a_call();
        d.receive(frame(0x10 + static_cast<int>(i), pcm(count_up(100))));
        EXPECT_EQ(d.heard_rates_hz, std::vector{slin_rates_hz[i]});
        EXPECT_EQ(d->receive_format().rate_hz(), slin_rates_hz[i]);
    }
}

TEST(session, a_switch_of_rate_is_resampled) { // 28
    auto d = a_call();
    for (const int rate : {8000, 16'000, 8000, 48'000, 44'100}) {
        const auto second = tone(static_cast<std::size_t>(rate), rate);
        for (std::size_t i = 0; i < 50; ++i) {
            d.receive(
                frame(*slin_kind(rate), pcm(std::span(second).subspan(second.size() * i / 50, second.size() / 50))));
            d.run_for(20ms);
        }
    }
    EXPECT_EQ(std::ranges::count(d.heard_rates_hz, 8000), std::ssize(d.heard_rates_hz));
    EXPECT_NEAR(static_cast<double>(d.heard.size()), 5 * 8000, 8000 * 0.006);
    EXPECT_EQ(d->statistics().kind_changes, 4U);
}

TEST(session, mulaw_under_slin_is_decoded_when_asked_for) { // 29
    call_options options;
    options.input = input_format::ulaw;
    auto d = a_call(options);
    bytes payload(160);
    encode(encoding::ulaw, tone(160, 8000), payload);
    d.receive(frame(kind::slin, payload));
    ASSERT_EQ(d.heard.size(), 160U);
    EXPECT_EQ(name(d->receive_format()), "ulaw");
    EXPECT_EQ(name(d->send_format()), "slin") << "Asterisk translates what we send; it must be what its label says";
}

TEST(session, digits_arrive_in_order_with_the_audio) { // 30
    bytes stream = id_frame();
    words expected{"started"};
    for (const char digit : std::string("0123456789*#ABCD")) {
        stream = stream + frame(kind::dtmf, raw(std::string_view(&digit, 1))) + audio;
        expected.push_back(std::string("dtmf ") + digit);
        expected.push_back("audio 160@8000");
    }
    expected.push_back("ended peer hung up");
    check_script(a_server(), {arrives(stream), fin()}, expected);
}

TEST(session, digits_that_are_none_are_ignored_and_nothing_past_them_is_read) { // 31
    const bytes bad = frame(kind::dtmf) + frame(kind::dtmf, raw("12")) + frame(kind::dtmf, raw({0xff})) +
                      frame(kind::dtmf, raw("E")) + frame(kind::dtmf, raw("a")) + frame(kind::dtmf, raw({0}));
    check_script(a_server(), {arrives(id_frame() + bad + frame(kind::dtmf, raw("7"))), fin()},
                 {"started", "dtmf 7", "ended peer hung up"});
    auto d = a_call();
    d.receive(bad);
    EXPECT_EQ(d->statistics().bad_digits, 6U);
    EXPECT_EQ(d->statistics().digits_received, 0U);
}

TEST(session, unknown_kinds_are_skipped_by_their_length) { // 32
    bytes stream = id_frame();
    for (const int k : {0x02, 0x04, 0x0f, 0x19, 0x7f, 0xfe})
        stream = stream + frame(k, bytes(300, std::byte{0x10})) + frame(k);
    check_script(a_server(), {arrives(stream + audio), fin()}, {"started", "audio 160@8000", "ended peer hung up"});
    session_driver d;
    d.receive(stream);
    EXPECT_EQ(d->statistics().unknown_kinds, 12U);
}

TEST(session, another_protocol_is_closed_at_its_first_byte) { // 33
    for (const bytes& greeting : {raw("GET / HTTP/1.1\r\nHost: x\r\n\r\n"), raw({0x16, 3, 1, 2, 0, 1}),
                                  raw("PROXY TCP4 1.2.3.4 5.6.7.8 1 2\r\n"), raw("\xff\xf4\xff\xfd\x06"), raw("\n")}) {
        check_script(a_server(), {arrives(greeting), fin()},
                     {ended(end_reason::protocol_violation, protocol_errc::id_expected)});
        session_driver d;
        d.receive({greeting[0]});
        EXPECT_TRUE(d->sending_done());
        EXPECT_TRUE(d.sent.empty());
    }
}

TEST(session, noise_never_does_more_than_end_the_call) {
    for (unsigned seed = 1; seed <= 300; ++seed) {
        SCOPED_TRACE("seed " + std::to_string(seed));
        std::mt19937 random(seed);
        session_driver d;
        d.random.seed(seed);
        d.how = split::random;
        if (seed % 2 == 0) d.receive(id_frame());
        for (int i = 0; i < 50; ++i) {
            bytes noise(random() % 200);
            for (auto& b : noise)
                b = static_cast<std::byte>(random() % 4 == 0 ? random() : random() % 4);
            d.receive(noise);
            d.run_for(std::chrono::milliseconds(random() % 50));
        }
        d.receive_end();
        d.run_until_closed(5s);
        EXPECT_EQ(d.ends, 1);
    }
}

TEST(session, what_a_slow_program_does_not_take_is_dropped_oldest_first_and_counted) { // 46, 47
    auto d = a_call();
    d.take_events = false;
    for (int i = 0; i < 500; ++i) { // 10 s at ten times the speed
        d.receive(frame(kind::slin, pcm(count_up(160, 1 + 160 * (i % 200)))));
        if (i % 100 == 0) d.receive(frame(kind::dtmf, raw("1")));
        d.run_for(2ms);
    }
    d.take_all_events();
    EXPECT_EQ(d.heard.size(), 16'000U); // 2 s
    EXPECT_EQ(d.heard.back(), count_up(160, 1 + 160 * 99).back());
    EXPECT_EQ(d->statistics().frames_dropped, 400U);
    EXPECT_EQ(d->statistics().frames_received, 500U);
    EXPECT_EQ(std::ranges::count(d.log, "dtmf 1"), 5);
    EXPECT_EQ(d.frames().size(), 51U) << "an application that stalls its events does not stall the frames";
}

TEST(session, marks_of_a_program_that_never_asks_are_bounded) {
    auto d = a_call();
    d.take_events = false;
    int taken = 0;
    for (int i = 0; i < 20'000; ++i) {
        taken += d->mark("m") ? 0 : 1;
        if (i % 100 == 0) d.run_for(20ms);
    }
    EXPECT_LE(taken, 10'000);
    EXPECT_EQ(d->mark("m"), usage_errc::playout_full);
    d.take_all_events();
    d.run_for(20ms);
    EXPECT_FALSE(d->mark("m"));
}
