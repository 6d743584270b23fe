// SPDX-License-Identifier: Apache-2.0
// What callers hear when their back end fails, at each step that can fail.
#include "gateway_test.hpp"
#include "raw_back_end.hpp"

#include <array>
#include <atomic>

using namespace audiosocket;
using namespace audiosocket::test;
namespace json = boost::json;

namespace {

class gateway_failures : public gateway_test {
  protected:
    // Calls whose only back end is this one hear our apology, and the dialplan continues.
    void expect_sorry(const std::string& url, const std::string& why, std::vector<std::string> more = {}) {
        const auto sorry = our_sound("sorry.wav", 1600);
        more.insert(more.begin(), {"--backend", url, "--on-failure", sorry.string()});
        if (std::ranges::find(more, "--dialect") == more.end()) more.insert(more.begin(), {"--dialect", "pcm"});
        gateway(std::move(more));
        const auto caller = converse();
        expect_heard(caller, negative(1600));
        EXPECT_EQ(caller.report.at("costs_the_call").as_array().size(), 0U) << caller.report;
        expect_event(R"("event":"no_backend")");
        EXPECT_NE(server->out.find(why), std::string::npos) << server->out;
        EXPECT_EQ(server->times_said(R"("event":"backend_lost")"), 2U) << server->out; // it was tried twice
        EXPECT_EQ(get("/metrics").metric("audiosocket_gateway_calls_without_backend_total"), 1);
        EXPECT_EQ(stop(), 0) << server->err;
    }

    // Calls continue with the second back end.
    void expect_fallback(const std::string& url, const std::string& why) {
        scripted_back_end second(plays(numbers(1600)));
        gateway({"--dialect", "pcm", "--backend", url, "--fallback", second.url(), "--connect-timeout", "3"});
        const auto caller = converse();
        EXPECT_TRUE(caller.hung_up()) << caller.report;
        expect_whole(numbers(1600), caller.heard);
        expect_event(R"("event":"ended")");
        EXPECT_NE(server->out.find(why), std::string::npos) << server->out;
        const auto metrics = get("/metrics");
        EXPECT_EQ(metrics.metric("audiosocket_gateway_fallbacks_total"), 1);
        EXPECT_EQ(metrics.metric("audiosocket_gateway_calls_without_backend_total"), 0);
        EXPECT_EQ(stop(), 0) << server->err;
    }

    static scripted_back_end::script refuses(unsigned status) {
        return {.decide = [status](const ws::opening_request&) {
            return ws::opening_answer{.status = status, .text = "not today"};
        }};
    }

    static std::string as_text(const std::vector<std::int16_t>& samples) {
        return {reinterpret_cast<const char*>(samples.data()), samples.size() * sizeof(std::int16_t)};
    }
};

} // namespace

TEST_F(gateway_failures, back_end_that_is_not_there) {
    const deaf_port none;
    expect_sorry(none.url(), "Connection refused");
}

TEST_F(gateway_failures, back_end_that_is_not_there_falls_back) {
    const deaf_port none;
    expect_fallback(none.url(), "Connection refused");
}

TEST_F(gateway_failures, host_that_has_no_address) {
    expect_sorry("ws://no-such-host.invalid/", "no such host");
}

TEST_F(gateway_failures, back_end_that_refuses) {
    for (const unsigned status : {401U, 404U, 500U}) {
        SCOPED_TRACE(status);
        scripted_back_end bot(refuses(status));
        expect_sorry(bot.url(), "refused: HTTP " + std::to_string(status));
        EXPECT_EQ(bot.requests(), 2U);
    }
}

TEST_F(gateway_failures, back_end_that_refuses_falls_back) {
    scripted_back_end bot(refuses(503));
    expect_fallback(bot.url(), "refused: HTTP 503");
}

TEST_F(gateway_failures, back_end_that_accepts_and_says_nothing) {
    const mute_port mute;
    expect_sorry(mute.url(), "did not come within 0.3 s", {"--connect-timeout", "0.3"});
}

TEST_F(gateway_failures, back_end_that_accepts_and_says_nothing_falls_back) {
    const mute_port mute;
    expect_fallback(mute.url(), "did not come within 3 s");
}

TEST_F(gateway_failures, back_end_that_never_sets_up_its_session) {
    scripted_back_end bot;
    const auto key = folder / "key";
    std::ofstream(key) << "secret-of-the-test\n";
    expect_sorry(bot.url(), "set up", {"--dialect", "openai", "--key-file", key.string(), "--connect-timeout", "0.5"});
    EXPECT_EQ(server->out.find("secret-of-the-test"), std::string::npos);
}

TEST_F(gateway_failures, without_a_sound_for_it_the_call_is_hung_up_at_once) {
    const deaf_port none;
    gateway({"--dialect", "pcm", "--backend", none.url()});
    const auto caller = converse();
    EXPECT_TRUE(caller.hung_up()) << caller.report;
    EXPECT_EQ(caller.sounds(), 0U);
    EXPECT_EQ(stop(), 0) << server->err;
}

TEST_F(gateway_failures, waiting_sound_stops_when_the_back_end_speaks) {
    scripted_back_end bot;
    gateway({"--dialect", "pcm", "--backend", bot.url(), "--while-connecting", our_sound("wait.wav", 1000).string()});
    recorded_call caller(where, folder / "heard.slin");
    EXPECT_TRUE(caller.wait_for_sound(2500)); // again and again
    bot.with(0, [](auto& one) {
        one.play(numbers(4000));
        one.close();
    });
    EXPECT_EQ(caller.caller().wait(), 0) << caller.caller().out;
    const auto heard = caller.heard();
    expect_whole(numbers(4000), heard);
    const auto after = heard.begin() + place_of(numbers(4000), heard);
    EXPECT_TRUE(std::none_of(after, heard.end(), [](auto s) { return s < 0; })) << "it waits and speaks";
    EXPECT_TRUE(std::none_of(heard.begin(), after, [](auto s) { return s > 0; }));
    EXPECT_EQ(stop(), 0) << server->err;
}

TEST_F(gateway_failures, waiting_sound_gives_way_to_the_failure_sound) {
    const mute_port mute;
    const auto waiting = folder / "wait.wav";
    sound_writer(waiting, 8000).write(std::vector<std::int16_t>(400, 7));
    gateway({"--dialect", "pcm", "--backend", mute.url(), "--connect-timeout", "0.3", "--while-connecting",
             waiting.string(), "--on-failure", our_sound("sorry.wav", 1600).string()});
    const auto caller = converse();
    EXPECT_TRUE(caller.hung_up()) << caller.report;
    expect_whole(negative(1600), caller.heard);
    EXPECT_GT(std::ranges::count(caller.heard, 7), 400);
    const auto last = std::ranges::find_if(caller.heard.rbegin(), caller.heard.rend(), [](auto s) { return s != 0; });
    ASSERT_NE(last, caller.heard.rend());
    EXPECT_EQ(*last, -1600) << "a sound was played behind the failure sound";
    EXPECT_EQ(stop(), 0) << server->err;
}

// The audio that the failed back end had sent is heard; the waiting sound used to cut it off.
TEST_F(gateway_failures, what_is_queued_is_heard_though_its_back_end_is_lost) {
    const deaf_port none;
    std::atomic<int> tries = 0;
    const auto waiting = folder / "wait.wav";
    sound_writer(waiting, 8000).write(std::vector<std::int16_t>(400, -7));
    raw_back_end dies([&](raw_back_end::visit& one) {
        if (tries++ > 0) return;
        one.accept();
        one.send(raw_back_end::binary, as_text(numbers(16'000)));
        one.close(1011);
    });
    gateway({"--dialect", "pcm", "--backend", dies.url(), "--fallback", none.url(), "--while-connecting",
             waiting.string(), "--on-failure", our_sound("sorry.wav", 1600).string()});
    const auto caller = converse();
    EXPECT_TRUE(caller.hung_up()) << caller.report;
    expect_whole(numbers(16'000), caller.heard);
    expect_whole(negative(1600), caller.heard);
    EXPECT_TRUE(server->wait_for_errors("closed with code 1011")) << server->err;
    EXPECT_EQ(stop(), 0) << server->err;
}

// Each step of a back end fails once, in order and forcibly. The call always continues with the second one.
TEST_F(gateway_failures, each_step_of_the_back_end_may_fail) {
    using visit = raw_back_end::visit;
    const std::vector<std::pair<std::string, raw_back_end::script>> steps{
        {"before the request", [](visit&) {}},
        {"after the request", [](visit& one) { one.read_request(); }},
        {"within the answer",
         [](visit& one) {
             one.read_request();
             const auto answer = one.acceptance();
             one.send(answer.substr(0, answer.size() / 2));
         }},
        {"after the answer", [](visit& one) { one.accept(); }},
        {"within the header of a frame",
         [](visit& one) {
             one.accept();
             one.send(std::string{'\x82', '\x7e'});
         }},
        {"within a frame",
         [](visit& one) {
             one.accept();
             const auto frame = raw_back_end::frame(raw_back_end::binary, std::string(500, 'x'));
             one.send(frame.substr(0, 300));
         }},
        {"between the fragments of a message",
         [](visit& one) {
             one.accept();
             one.send(raw_back_end::first_of_binary, std::string(320, 'x'));
         }},
        {"after its audio",
         [](visit& one) {
             one.accept();
             one.send(raw_back_end::binary, as_text(negative(160)));
         }},
        {"after a mark",
         [](visit& one) {
             one.accept();
             one.send(raw_back_end::text, mark("a"));
         }},
        {"within its close",
         [](visit& one) {
             one.accept();
             one.send(std::string{'\x88', '\x02', '\x03'});
         }},
        {"with a close that says that it has failed",
         [](visit& one) {
             one.accept();
             one.close(1011);
         }},
    };
    std::atomic<std::size_t> step = 0; // the back end has its own threads
    std::atomic<bool> by_force = false;
    raw_back_end first([&](visit& one) {
        steps[step].second(one);
        if (by_force)
            one.peer.reset();
        else
            one.finish();
    });
    scripted_back_end second(plays(numbers(800)));
    gateway({"--dialect", "pcm", "--backend", first.url(), "--fallback", second.url()});
    for (step = 0; step < steps.size(); ++step) {
        for (const bool force : {false, true}) {
            SCOPED_TRACE(steps[step].first + (force ? ", by force" : ", in order"));
            by_force = force;
            const auto before = first.visits();
            const auto caller = converse();
            EXPECT_TRUE(caller.hung_up()) << caller.report;
            expect_whole(numbers(800), caller.heard);
            EXPECT_EQ(first.visits(), before + 2);
        }
    }
    EXPECT_EQ(get("/metrics").metric("audiosocket_gateway_fallbacks_total"), static_cast<double>(2 * steps.size()));
    EXPECT_EQ(stop(), 0) << server->err;
}

TEST_F(gateway_failures, call_of_a_lost_back_end_goes_on_with_a_new_session_of_it) {
    std::atomic<int> tries = 0;
    raw_back_end bot([&](raw_back_end::visit& one) {
        one.accept();
        if (tries++ == 0) return one.peer.reset();
        one.send(raw_back_end::binary, as_text(numbers(800)));
        one.close();
    });
    gateway({"--dialect", "pcm", "--backend", bot.url()});
    expect_heard(converse(), numbers(800));
    EXPECT_EQ(bot.visits(), 2U);
    EXPECT_EQ(get("/metrics").metric("audiosocket_gateway_backend_losses_total"), 1);
    EXPECT_EQ(stop(), 0) << server->err;
}

TEST_F(gateway_failures, call_that_lasts_too_long_is_hung_up) {
    scripted_back_end bot({.opened = [](auto& one) { one.play(numbers(80'000)); }});
    gateway({"--dialect", "twilio", "--backend", bot.url(), "--max-duration", "0.5"});
    const auto caller = converse();
    EXPECT_TRUE(caller.hung_up()) << caller.report;
    ASSERT_TRUE(bot.wait_for(0, has_closed));
    bot.with(0, [](auto& one) {
        EXPECT_EQ(one.closed->code, 1000);
        EXPECT_EQ(one.texts.back().at("event"), "stop");
    });
    EXPECT_EQ(stop(), 0) << server->err;
}

TEST_F(gateway_failures, call_in_which_neither_side_speaks_is_hung_up_in_order) {
    scripted_back_end bot;
    gateway({"--dialect", "twilio", "--backend", bot.url(), "--inactivity", "0.5", "--on-failure",
             our_sound("sorry.wav", 400).string()});
    expect_heard(converse(), negative(400));
    expect_event(R"("hung_up_because":"inactivity")");
    EXPECT_EQ(get("/metrics").metric("audiosocket_gateway_calls_inactive_total"), 1);
    ASSERT_TRUE(bot.wait_for(0, has_closed));
    bot.with(0, [](auto& one) {
        EXPECT_EQ(one.closed->code, 1000);
        EXPECT_EQ(one.texts.back().at("event"), "stop");
    });
    EXPECT_EQ(stop(), 0) << server->err;
}

// The framework closes the WebSocket with 1000 when the bot's function returns. Such a call ended without its fallback.
TEST_F(gateway_failures, back_end_that_accepts_and_closes_in_order_falls_back) {
    scripted_back_end bot({.opened = [](auto& one) { one.close(); }});
    expect_fallback(bot.url(), "closed with code 1000: over before it said anything");
    EXPECT_EQ(bot.visits(), 2U);
}
