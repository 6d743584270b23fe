// SPDX-License-Identifier: Apache-2.0
#include "net_test.hpp"

#include "support/busy_machine.hpp"

#include <boost/asio/awaitable.hpp>
#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <atomic>
#include <future>

using namespace audiosocket;
using namespace audiosocket::test;
using namespace std::chrono_literals;
namespace asio = boost::asio;

namespace {

class call_on_loopback : public net_test {
  protected:
    // Our own calling side, and the server's side of the same call.
    std::pair<call, call> joined(const connect_options& options = {}) {
        auto caller = async_connect(io_.context(), local(), sample_id, options, asio::use_future);
        call server = accept();
        return {caller.get(), std::move(server)};
    }

    address local() const { return {"127.0.0.1", calls_->local_endpoint().port()}; }

    // Sends a second of audio, frame by frame and without waiting, to an application (this thread) that does not ask
    // for events. Returns how many frames came back meanwhile.
    static std::size_t talk_to_an_application_that_blocks(raw_peer& peer) {
        const auto talk = frame(kind::slin, numbered(160));
        peer.socket().non_blocking(true);
        std::size_t heard = 0;
        for (int i = 0; i < 50; ++i) {
            boost::system::error_code error;
            EXPECT_EQ(peer.socket().write_some(asio::buffer(talk), error), talk.size()) << error.message();
            std::this_thread::sleep_for(20ms); // real time: the caller's own pace
            bytes got(65'536);
            heard += peer.socket().read_some(asio::buffer(got), error);
        }
        return heard / 323;
    }

    // Returns what a call hears, from the first sample that is not silence, until it has `count` of them.
    static std::vector<std::int16_t> listen_for(std::size_t count, call& c) {
        std::vector<std::int16_t> heard;
        while (heard.size() < count) {
            const event e = next(c);
            if (std::holds_alternative<ended_event>(e)) break;
            const auto* audio = std::get_if<audio_event>(&e);
            if (!audio) continue;
            auto from = audio->samples.begin();
            if (heard.empty()) from = std::find_if(from, audio->samples.end(), [](auto s) { return s != 0; });
            heard.insert(heard.end(), from, audio->samples.end());
        }
        heard.resize(std::min(heard.size(), count));
        return heard;
    }
};

std::vector<std::int16_t> numbers(std::size_t count) {
    return numbered_samples().take(count);
}

// A coroutine that answers one call and counts what it hears.
asio::awaitable<void> count_one_call(listener& calls, std::size_t& samples) {
    call c = co_await calls.async_accept(asio::use_awaitable);
    for (;;) {
        const event e = co_await c.async_next_event(asio::use_awaitable);
        if (const auto* audio = std::get_if<audio_event>(&e)) samples += audio->samples.size();
        if (std::holds_alternative<ended_event>(e)) break;
    }
    calls.close();
}

} // namespace

TEST_F(call_on_loopback, silence_flows_from_the_start_with_nothing_inbound) {
    listen();
    const auto begin = std::chrono::steady_clock::now();
    auto [peer, c] = answered();
    const auto got = peer.receive_bytes(5 * 323);
    EXPECT_EQ(got, frame(kind::slin, bytes(320)) + frame(kind::slin, bytes(320)) + frame(kind::slin, bytes(320)) +
                       frame(kind::slin, bytes(320)) + frame(kind::slin, bytes(320)));
    EXPECT_GE(std::chrono::steady_clock::now() - begin, 79ms); // the fifth is due 80 ms after the first
}

TEST_F(call_on_loopback, numbered_samples_arrive_bit_exact) {
    listen();
    auto [caller, server] = joined();
    const auto sent = numbers(8000);
    EXPECT_FALSE(server.play(sent, 8000));
    EXPECT_EQ(listen_for(sent.size(), caller), sent);
}

// A recording begins with the call: Asterisk's Answer() may send half a second of audio right after the id.
TEST_F(call_on_loopback, audio_that_comes_with_the_id_is_heard_by_the_monitor) {
    struct ears final : call_monitor {
        void received(std::span<const std::int16_t> some, int, time_point) override { samples += some.size(); }
        void sent(std::span<const std::int16_t>, int, time_point) override {}
        std::atomic<std::size_t> samples = 0;
    };
    const auto monitor = std::make_shared<ears>();
    listen();
    std::promise<call> up;
    calls_->async_accept([&](boost::system::error_code, call c) {
        c.set_monitor(monitor);
        up.set_value(std::move(c));
    });
    raw_peer peer = connect();
    bytes all = id_bytes();
    for (int i = 0; i < 25; ++i) {
        const bytes one = frame(kind::slin, bytes(320, std::byte{1}));
        all.insert(all.end(), one.begin(), one.end());
    }
    peer.send(all);
    const call c = up.get_future().get();
    EXPECT_TRUE(eventually([&] { return monitor->samples == 25 * 160; })) << monitor->samples;
}

TEST_F(call_on_loopback, wideband_is_learned_and_answered_in_kind) {
    listen();
    connect_options wide;
    wide.call.send_format = parse_format("slin16");
    auto [caller, server] = joined(wide);
    const auto sent = numbers(3200);
    EXPECT_FALSE(caller.play(sent, 16000));
    EXPECT_EQ(listen_for(sent.size(), server), sent);
    EXPECT_EQ(name(server.receive_format()), "slin16");
    call& learning = caller; // Clang 14 does not capture structured bindings
    ASSERT_TRUE(eventually([&learning] { return name(learning.receive_format()) == "slin16"; }));
}

// The test runs on another thread than the call. Its permissions are therefore known beforehand.
TEST_F(call_on_loopback, sound_that_the_call_would_refuse_is_refused_on_another_thread) {
    listener_options options;
    options.call.playout_queue = 1000ms;
    listen(options);
    auto [peer, c] = answered();
    EXPECT_EQ(c.play(clip({1, 2, 3}, 3000)), usage_errc::unsupported_rate);
    EXPECT_EQ(c.play(numbers(3), 3000), usage_errc::unsupported_rate);
    EXPECT_FALSE(c.pause());
    EXPECT_FALSE(c.play(clip(numbers(80'000), 8000))); // may exceed the bound by its own length
    EXPECT_EQ(c.queued(), 10s);                        // on its way, or there
    EXPECT_EQ(c.play(clip(numbers(8), 8000)), usage_errc::playout_full);
    EXPECT_EQ(c.play(numbers(8), 8000), usage_errc::playout_full);
    on_io([] {});
    EXPECT_EQ(c.queued(), 10s);
    EXPECT_FALSE(c.clear());
    EXPECT_FALSE(c.pause());
    call& line = c;
    EXPECT_TRUE(eventually([&line] { return line.queued() == 0ms; }));
    EXPECT_EQ(c.play(numbers(8008), 8000), usage_errc::playout_full); // samples may not
    EXPECT_FALSE(c.play(numbers(8000), 8000));
    EXPECT_FALSE(c.play(clip(numbers(8), 8000))); // not more than fits
    EXPECT_EQ(c.play(clip(numbers(8), 8000)), usage_errc::playout_full);
}

TEST_F(call_on_loopback, sounds_of_many_threads_are_all_played_or_refused) {
    listener_options options;
    options.call.playout_queue = 1000ms;
    listen(options);
    auto [peer, c] = answered();
    EXPECT_FALSE(c.pause());
    std::atomic<int> taken = 0;
    {
        std::vector<std::jthread> threads;
        for (int t = 0; t < 4; ++t)
            threads.emplace_back([&taken, &line = c] {
                for (int n = 0; n < 100; ++n)
                    if (!line.play(std::vector<std::int16_t>(80), 8000)) ++taken;
            });
    }
    on_io([] {});
    EXPECT_EQ(c.queued(), taken.load() * 10ms);
    EXPECT_LE(taken, 100);
}

TEST_F(call_on_loopback, digits_and_marks_come_as_events) {
    listen();
    auto [caller, server] = joined();
    for (char digit : std::string("0123456789*#ABCD"))
        EXPECT_FALSE(caller.send_dtmf(digit));
    for (char digit : std::string("0123456789*#ABCD"))
        EXPECT_EQ(next_of<dtmf_event>(server).digit, digit);
    EXPECT_EQ(server.send_dtmf('1'), error_code{}); // from another thread: too late to return the refusal
    EXPECT_EQ(caller.send_dtmf('x'), usage_errc::not_a_dtmf_digit);

    EXPECT_FALSE(server.play(numbers(800), 8000));
    EXPECT_FALSE(server.mark("a"));
    EXPECT_EQ(next_of<played_event>(server).mark, "a");
    EXPECT_FALSE(server.play(numbers(80'000), 8000));
    EXPECT_FALSE(server.mark("b"));
    server.clear();
    const auto cut = next_of<cleared_event>(server);
    EXPECT_EQ(cut.mark, "b");
    EXPECT_GT(cut.cut, 0s);
    EXPECT_EQ(cut.sent + cut.cut, 10s);
}

TEST_F(call_on_loopback, we_hang_up_with_a_message_then_fin_and_no_reset) {
    listen();
    auto [peer, c] = answered();
    peer.receive_bytes(323);
    c.hang_up();
    peer.send(frame(kind::slin, numbered(160))); // unread audio must not turn the close into a reset
    const auto end = peer.receive_all();
    EXPECT_TRUE(end.orderly);
    ASSERT_GE(end.all.size(), 3U);
    EXPECT_EQ(bytes(end.all.end() - 3, end.all.end()), raw({0, 0, 0}));
    peer.send(frame(kind::slin, numbered(160))); // and is still read
    peer.finish();
    ended_event why;
    for (event e = next(c);; e = next(c))
        if (auto* ended = std::get_if<ended_event>(&e)) {
            why = *ended;
            break;
        }
    EXPECT_EQ(why.reason, end_reason::hung_up);
    EXPECT_EQ(c.play(numbers(1), 8000), usage_errc::call_ended);
}

TEST_F(call_on_loopback, each_end_of_the_peer_has_its_reason) {
    listen();
    const auto reason_after = [&](auto act) {
        auto [peer, c] = answered();
        act(peer);
        for (;;) {
            const event e = next(c);
            if (const auto* ended = std::get_if<ended_event>(&e)) return ended->reason;
        }
    };
    EXPECT_EQ(reason_after([](raw_peer& p) { p.finish(); }), end_reason::peer_hung_up);
    EXPECT_EQ(reason_after([](raw_peer& p) {
                  p.send(frame(kind::hangup));
                  p.finish();
              }),
              end_reason::peer_hung_up);
    EXPECT_EQ(reason_after([](raw_peer& p) { p.reset(); }), end_reason::peer_reset);
    EXPECT_EQ(reason_after([](raw_peer& p) {
                  p.send(frame(kind::error, raw({1})));
                  p.finish();
              }),
              end_reason::peer_error);
    EXPECT_EQ(reason_after([](raw_peer& p) {
                  p.send(id_bytes());
                  p.finish();
              }),
              end_reason::protocol_violation);
}

TEST_F(call_on_loopback, dropping_the_handle_hangs_up_in_order) {
    listen();
    raw_peer peer = connect();
    peer.send(id_bytes());
    { call dropped = accept(); }
    const auto end = peer.receive_all();
    EXPECT_TRUE(end.orderly);
    EXPECT_EQ(messages_in(end.all).back().kind, kind::hangup);
    peer.finish();
    EXPECT_TRUE(eventually([&] { return counted().calls_up == 0; }));
}

TEST_F(call_on_loopback, application_that_blocks_loses_nothing) {
    listen();
    auto [peer, c] = answered();
    talk_to_an_application_that_blocks(peer);
    std::size_t samples = 0;
    while (samples < 50 * 160)
        samples += next_of<audio_event>(c).samples.size();
    EXPECT_EQ(on_io([&line = c] { return line.statistics().frames_dropped; }), 0U);
}

TEST_F(call_on_loopback, realtime_application_that_blocks_a_second_costs_no_frame) {
    const busy_machine machine;
    listen();
    auto [peer, c] = answered();
    const auto begin = std::chrono::steady_clock::now();
    const std::size_t heard = talk_to_an_application_that_blocks(peer);
    const auto due = static_cast<std::size_t>((std::chrono::steady_clock::now() - begin) / 20ms);
    // One frame at a time, and one more while our frames move to the caller's times.
    in_real_time(machine, [&] {
        EXPECT_LE(heard, due + 2);
        EXPECT_GE(heard, due - 2);
    });
}

// A fifth of the audio that is due: each message is sent in time. A peer that reads more slowly, because the machine is
// busy, ends for the same reason.
TEST_F(call_on_loopback, caller_who_reads_too_slowly_ends) {
    listener_options options;
    options.call.send_timeout = 2s;
    options.call.send_format = parse_format("slin192"); // 384 kB/s, which fills the buffers sooner
    listen(options);
    auto [slow, c] = answered();
    slow.socket().set_option(asio::socket_base::receive_buffer_size(16'384));
    auto end = std::async(std::launch::async, [&c = c] {
        for (;;) {
            const event e = next(c);
            if (const auto* ended = std::get_if<ended_event>(&e)) return *ended;
        }
    });
    for (int pieces = 0; pieces < 3000 && end.wait_for(50ms) == std::future_status::timeout; ++pieces)
        if (const auto piece = slow.receive(3840); !piece || piece->empty()) break;
    slow.reset(); // gives up where the call would continue
    const auto why = end.get();
    EXPECT_EQ(why.reason, end_reason::timed_out);
    EXPECT_EQ(why.error, protocol_errc::send_timeout);
}

TEST_F(call_on_loopback, silent_caller_is_hung_up_at_the_idle_limit) {
    listener_options options;
    options.call.idle_timeout = 100ms;
    listen(options);
    auto [peer, c] = answered();
    const auto got = messages_in(peer.receive_all().all);
    ASSERT_FALSE(got.empty());
    EXPECT_EQ(got.back().kind, kind::hangup);
    peer.finish();
    for (;;) {
        const event e = next(c);
        if (const auto* end = std::get_if<ended_event>(&e)) {
            EXPECT_EQ(end->reason, end_reason::timed_out);
            EXPECT_EQ(end->error, protocol_errc::idle_timeout);
            break;
        }
    }
}

TEST_F(call_on_loopback, only_the_caller_that_does_not_read_ends) {
    listener_options options;
    options.call.send_timeout = 100ms;
    options.call.send_format = parse_format("slin192"); // fills the buffers sooner
    listen(options);
    auto [deaf, deaf_call] = answered();
    auto [peer, c] = answered();
    deaf.socket().set_option(asio::socket_base::receive_buffer_size(4096));
    // The other peer keeps reading, so that its buffers do not fill up, however long this takes.
    const std::jthread reading([socket = peer.native_handle()] {
        bytes heard(65'536);
        while (::recv(socket, heard.data(), heard.size(), 0) > 0) {
        }
    });
    ended_event why;
    for (event e = next(deaf_call);; e = next(deaf_call))
        if (auto* ended = std::get_if<ended_event>(&e)) {
            why = *ended;
            break;
        }
    EXPECT_EQ(why.error, protocol_errc::send_timeout);
    EXPECT_EQ(::send(peer.native_handle(),
                     "\x03\0\x01"
                     "7",
                     4, MSG_NOSIGNAL),
              4); // a digit
    EXPECT_EQ(next_of<dtmf_event>(c).digit, '7');
    c.hang_up(); // ends the reading
}

TEST_F(call_on_loopback, second_wait_is_refused_and_cancelled_wait_loses_nothing) {
    listen();
    auto [peer, c] = answered();
    auto first = c.async_next_event(asio::use_future);
    auto second = c.async_next_event(asio::use_future);
    EXPECT_THROW(second.get(), boost::system::system_error);
    peer.send(frame(kind::dtmf, raw("1")));
    EXPECT_EQ(std::get<dtmf_event>(first.get()).digit, '1');

    asio::cancellation_signal stop;
    std::promise<boost::system::error_code> cancelled;
    c.async_next_event(asio::bind_cancellation_slot(
        stop.slot(), [&](boost::system::error_code error, const event&) { cancelled.set_value(error); }));
    stop.emit(asio::cancellation_type::terminal);
    EXPECT_EQ(cancelled.get_future().get(), asio::error::operation_aborted);
    peer.send(frame(kind::dtmf, raw("2")));
    EXPECT_EQ(next_of<dtmf_event>(c).digit, '2');
}

TEST_F(call_on_loopback, coroutine_on_one_thread_echoes) {
    asio::io_context io{1};
    listener here(io, {"127.0.0.1", 0});
    raw_peer peer(here.local_endpoint());
    peer.send(id_bytes() + frame(kind::slin, numbered(160, 1)) + frame(kind::hangup));
    std::size_t samples = 0;
    std::exception_ptr failed;
    asio::co_spawn(io, count_one_call(here, samples), [&](std::exception_ptr e) { failed = e; });
    peer.finish();
    io.run();
    EXPECT_FALSE(failed);
    EXPECT_EQ(samples, 160U);
}

TEST_F(call_on_loopback, connecting_fails_with_the_reason) {
    listen();
    const auto port = calls_->local_endpoint().port();
    calls_.reset();
    const auto error_of = [&](const address& where) {
        std::promise<boost::system::error_code> result;
        async_connect(io_.context(), where, sample_id, {},
                      [&](boost::system::error_code error, call) { result.set_value(error); });
        return result.get_future().get();
    };
    EXPECT_TRUE(eventually([&] { return error_of({"127.0.0.1", port}) == asio::error::connection_refused; }));
    EXPECT_TRUE(error_of({"no.such.host.invalid", port}));
}

TEST_F(call_on_loopback, handler_that_throws_leaves_the_call_alive) {
    asio::io_context io{1};
    listener here(io, {"127.0.0.1", 0});
    raw_peer peer(here.local_endpoint());
    peer.send(id_bytes() + frame(kind::dtmf, raw("1")));
    call c;
    here.async_accept([&](boost::system::error_code, call accepted) {
        c = std::move(accepted);
        c.async_next_event(
            [](boost::system::error_code, const event&) { throw std::runtime_error("the application's"); });
    });
    EXPECT_THROW(io.run(), std::runtime_error);

    peer.send(frame(kind::dtmf, raw("2")));
    char digit = 0;
    c.async_next_event([&](boost::system::error_code, const event& e) {
        if (const auto* key = std::get_if<dtmf_event>(&e)) digit = key->digit;
    });
    while (digit == 0 && io.run_one() > 0) {
    }
    EXPECT_EQ(digit, '2');
}

TEST_F(call_on_loopback, hang_up_when_played_outlives_the_handle) {
    listen();
    raw_peer peer = connect();
    peer.send(id_bytes());
    {
        call c = accept();
        EXPECT_FALSE(c.play(numbers(1600), 8000));
        c.hang_up_when_played();
    }
    const auto end = peer.receive_all();
    std::size_t sound = 0;
    for (const auto& m : messages_in(end.all))
        for (std::size_t i = 0; i + 1 < m.payload.size(); i += 2)
            sound += m.payload[i] != std::byte{0} || m.payload[i + 1] != std::byte{0};
    EXPECT_EQ(sound, 1600U);
    EXPECT_TRUE(end.orderly);
    peer.finish();
}
