// SPDX-License-Identifier: Apache-2.0
// Calls through the gateway to well-behaved back ends.
#include "gateway_test.hpp"

#include <audiosocket/gateway/base64.hpp>

#include <audiosocket/audio/g711.hpp>

using namespace audiosocket;
using namespace audiosocket::test;
namespace json = boost::json;

namespace {

class gateway_calls : public gateway_test {
  protected:
    // The call has ended, and its back end got an orderly close.
    static void expect_closed_in_order(scripted_back_end& bot) {
        ASSERT_TRUE(bot.wait_for(0, has_closed));
        bot.with(0, [](visit& one) { EXPECT_EQ(one.closed->code, 1000); });
    }

    // --- twilio ---

    using visit = scripted_back_end::visit;

    static std::string stream_of(const visit& one) {
        return std::string(one.find("event", "start")->at("streamSid").as_string());
    }
    static std::string twilio_mark(const visit& one, const std::string& name) {
        return R"({"event":"mark","streamSid":")" + stream_of(one) + R"(","mark":{"name":")" + name + R"("}})";
    }
    static std::string twilio_clear(const visit& one) {
        return R"({"event":"clear","streamSid":")" + stream_of(one) + R"("})";
    }
    static std::string twilio_media(const visit& one, const std::vector<std::int16_t>& samples) {
        bytes payload(samples.size());
        encode(encoding::ulaw, samples, payload);
        std::string text = R"({"event":"media","streamSid":")" + stream_of(one) + R"(","media":{"payload":")";
        gateway::append_base64(text, payload);
        return text + R"("}})";
    }
    static std::vector<std::string> twilio_marks(const visit& one) {
        std::vector<std::string> names;
        for (const auto& text : one.texts)
            if (text.at("event") == "mark") names.emplace_back(text.at("mark").at("name").as_string());
        return names;
    }
    static std::vector<std::int16_t> twilio_audio(const visit& one) {
        std::vector<std::int16_t> all;
        for (const auto& text : one.texts) {
            if (text.at("event") != "media") continue;
            const auto payload = gateway::decode_base64(text.at("media").at("payload").as_string());
            if (!payload) throw std::runtime_error("no base64");
            std::vector<std::int16_t> samples(payload->size());
            decode(encoding::ulaw, *payload, samples);
            all.insert(all.end(), samples.begin(), samples.end());
        }
        return all;
    }
    static std::vector<std::int16_t> through_ulaw(std::vector<std::int16_t> samples) {
        bytes coded(samples.size());
        encode(encoding::ulaw, samples, coded);
        decode(encoding::ulaw, coded, samples);
        return samples;
    }

    // --- pcm ---

    static std::vector<std::string> pcm_marks(const visit& one) {
        std::vector<std::string> all;
        for (const auto& text : one.texts)
            if (const auto* type = text.if_contains("type"); type && *type == "mark")
                all.push_back(std::string(text.at("data").at("name").as_string()) + ' ' +
                              std::string(text.at("data").at("event").as_string()));
        return all;
    }

    // Loud enough that mu-law encodes no sample as silence.
    static std::vector<std::int16_t> loud(std::size_t samples) {
        auto out = numbers(samples);
        for (auto& s : out)
            s = static_cast<std::int16_t>(s / 2 + 1000);
        return out;
    }
};

} // namespace

TEST_F(gateway_calls, caller_arrives_bit_exact_at_pcm) {
    scripted_back_end bot;
    gateway({"--dialect", "pcm", "--backend", bot.url()});
    recorded_call one(where, folder / "heard.slin", {"--play", numbered_file("said.wav", 8000).string()});
    EXPECT_TRUE(bot.wait_for(0, has_sounds(8000)));
    EXPECT_EQ(one.hang_up(), 0) << one.caller().out << one.caller().err;
    expect_closed_in_order(bot);
    bot.with(0, [](const visit& at_bot) { expect_in_order(numbers(8000), at_bot.samples); });
    EXPECT_EQ(stop(), 0) << server->err;
}

TEST_F(gateway_calls, caller_arrives_as_mulaw_at_twilio_and_the_end_is_a_stop) {
    scripted_back_end bot;
    gateway({"--dialect", "twilio", "--backend", bot.url()});
    const auto file = folder / "said.wav";
    sound_writer(file, 8000).write(loud(4000));
    recorded_call one(where, folder / "heard.slin", {"--play", file.string()});
    const auto sounds = [](const visit& at_bot) {
        return std::ranges::count_if(twilio_audio(at_bot), [](auto s) { return s > 100; });
    };
    EXPECT_TRUE(bot.wait_for(0, [&](const visit& at_bot) { return sounds(at_bot) >= 4000; }));
    EXPECT_EQ(one.hang_up(), 0) << one.caller().out << one.caller().err;
    expect_closed_in_order(bot);
    bot.with(0, [](const visit& at_bot) {
        EXPECT_EQ(at_bot.texts.front().at("event"), "connected");
        EXPECT_EQ(at_bot.texts.at(1).at("event"), "start");
        EXPECT_EQ(at_bot.texts.back().at("event"), "stop");
        expect_in_order(through_ulaw(loud(4000)), twilio_audio(at_bot));
    });
    EXPECT_EQ(stop(), 0) << server->err;
}

// The last word is complete: the queue is played before the hang-up.
TEST_F(gateway_calls, ragged_pieces_arrive_at_the_caller_whole_before_the_hang_up) {
    scripted_back_end bot({.opened = [](visit& one) {
        const auto all = numbers(16'000);
        const auto audio = std::as_bytes(std::span(all));
        const std::size_t lengths[] = {1, 333, 7, 5000, 2, 0, 321, 12'289}; // halves of samples as well
        for (std::size_t at = 0, n = 0; at < audio.size(); ++n) {
            const auto length = std::min(lengths[n % std::size(lengths)], audio.size() - at);
            one.socket->send_binary(audio.subspan(at, length));
            at += length;
        }
        one.close();
    }});
    gateway({"--dialect", "pcm", "--backend", bot.url()});
    const auto caller = converse();
    EXPECT_EQ(caller.code, 0) << caller.report;
    expect_heard(caller, numbers(16'000));
    EXPECT_EQ(stop(), 0) << server->err;
}

TEST_F(gateway_calls, audio_of_twilio_arrives_at_the_caller_whole) {
    scripted_back_end bot({.heard = [](visit& one, const json::object& message) {
        if (message.at("event") != "start") return;
        one.say(twilio_media(one, loud(8000)));
        one.close();
    }});
    gateway({"--dialect", "twilio", "--backend", bot.url()});
    expect_heard(converse(), through_ulaw(loud(8000)));
    EXPECT_EQ(stop(), 0) << server->err;
}

TEST_F(gateway_calls, half_a_minute_at_once_is_queued_and_none_of_it_refused) {
    scripted_back_end bot({.opened =
                               [](visit& one) {
                                   for (int second = 0; second < 30; ++second) {
                                       one.play(numbers(8000));
                                       one.say(mark(std::to_string(second)));
                                   }
                               },
                           .heard =
                               [](visit& one, const json::object&) {
                                   if (pcm_marks(one).size() != 2) return;
                                   one.say(R"({"type":"killAudio"})");
                                   one.say(R"({"type":"disconnect"})");
                               }});
    gateway({"--dialect", "pcm", "--backend", bot.url()});
    const auto caller = converse();
    EXPECT_TRUE(caller.hung_up()) << caller.report;
    auto two_seconds = numbers(8000);
    two_seconds.insert(two_seconds.end(), two_seconds.begin(), two_seconds.end());
    expect_whole(two_seconds, caller.heard);
    expect_event(R"("audio_seconds":30,"audio_refused_seconds":0)");
    EXPECT_EQ(stop(), 0) << server->err;
}

TEST_F(gateway_calls, marks_come_in_order_and_behind_the_audio_before_them) {
    scripted_back_end bot({.opened =
                               [](visit& one) {
                                   one.say(mark("at once"));
                                   one.play(numbers(4000));
                                   one.say(mark("half a second"));
                                   one.play(negative(4000));
                                   one.say(mark("a second"));
                                   one.play(numbers(80'000));
                                   one.say(mark("never"));
                               },
                           .heard =
                               [](visit& one, const json::object&) {
                                   if (pcm_marks(one).size() != 3 || one.closed) return;
                                   one.say(R"({"type":"killAudio"})");
                                   one.close();
                               }});
    gateway({"--dialect", "pcm", "--backend", bot.url()});
    const auto caller = converse();
    EXPECT_TRUE(caller.hung_up()) << caller.report;
    auto second = numbers(4000);
    const auto other_half = negative(4000);
    second.insert(second.end(), other_half.begin(), other_half.end());
    expect_whole(second, caller.heard); // it was sent when the mark arrived
    EXPECT_LT(caller.sounds(), 88'000U);
    ASSERT_TRUE(bot.wait_for(0, has_closed));
    bot.with(0, [](visit& one) {
        const std::vector<std::string> first{"at once playout", "half a second playout", "a second playout"};
        auto marks = pcm_marks(one);
        if (marks.size() > 3) { // the close may overtake it
            EXPECT_EQ(marks.back(), "never cleared");
            marks.pop_back();
        }
        EXPECT_EQ(marks, first);
    });
    EXPECT_EQ(stop(), 0) << server->err;
}

// The back end's report of what the caller has heard is exact to the frame.
TEST_F(gateway_calls, clip_that_is_cut_off_reports_the_milliseconds_that_were_heard) {
    scripted_back_end bot({.opened = [](visit& one) {
        std::string text = R"({"type":"playAudio","data":{"audioContentType":"raw","id":"clip","audioContent":")";
        const auto samples = numbers(32'000);
        gateway::append_base64(text, std::as_bytes(std::span(samples)));
        one.say(text + R"("}})");
    }});
    gateway({"--dialect", "pcm", "--backend", bot.url()});
    recorded_call caller(where, folder / "heard.slin");
    EXPECT_TRUE(caller.wait_for_sound(2000));
    bot.with(0, [](visit& one) { one.say(R"({"type":"killAudio"})"); });
    ASSERT_TRUE(bot.wait_for(0, [](const visit& one) { return one.find("type", "playDone") != nullptr; }));
    std::size_t milliseconds = 0;
    bot.with(0, [&](visit& one) {
        const auto& done = one.find("type", "playDone")->at("data");
        EXPECT_EQ(done.at("id"), "clip");
        milliseconds = std::stoul(std::string(done.at("playbackMilliseconds").as_string()));
        one.close();
    });
    EXPECT_EQ(caller.caller().wait(), 0) << caller.caller().out;
    const auto heard = caller.heard();
    const auto sounds = static_cast<std::size_t>(std::ranges::count_if(heard, [](auto s) { return s != 0; }));
    EXPECT_LT(sounds, 32'000U);
    EXPECT_LE(milliseconds * 8, sounds + 160) << "it cannot have been heard yet";
    EXPECT_GE(milliseconds * 8 + 160, sounds) << "more was heard";
    expect_whole(numbers(sounds), heard);
    EXPECT_EQ(stop(), 0) << server->err;
}

TEST_F(gateway_calls, clear_of_twilio_echoes_the_marks_that_it_cuts_off) {
    scripted_back_end bot({.heard = [](visit& one, const json::object& message) {
        if (message.at("event") != "start") return;
        for (const std::string name : {"a", "b", "c"}) {
            one.say(twilio_media(one, loud(80'000)));
            one.say(twilio_mark(one, name));
        }
    }});
    gateway({"--dialect", "twilio", "--backend", bot.url()});
    recorded_call caller(where, folder / "heard.slin");
    EXPECT_TRUE(caller.wait_for_sound(1600));
    bot.with(0, [](visit& one) { one.say(twilio_clear(one)); });
    EXPECT_TRUE(bot.wait_for(0, [](const visit& one) { return twilio_marks(one).size() == 3; }));
    bot.with(0, [](visit& one) {
        EXPECT_EQ(twilio_marks(one), (std::vector<std::string>{"a", "b", "c"}));
        one.say(twilio_mark(one, "d")); // of an empty queue: at once
    });
    EXPECT_TRUE(bot.wait_for(0, [](const visit& one) { return twilio_marks(one).size() == 4; }));
    expect_event(R"("event":"started")");
    EXPECT_EQ(caller.hang_up(), 0) << caller.caller().out;
    EXPECT_EQ(get("/metrics").metric("audiosocket_gateway_barge_ins_total"), 1);
    EXPECT_EQ(stop(), 0) << server->err;
}

TEST_F(gateway_calls, digits_arrive_in_order) {
    scripted_back_end bot;
    gateway({"--dialect", "twilio", "--backend", bot.url()});
    auto& caller = long_call({"--dtmf", "12#", "--dtmf-after", "0"});
    const auto digits = [](const visit& one) {
        std::string all;
        for (const auto& text : one.texts)
            if (text.at("event") == "dtmf") all += text.at("dtmf").at("digit").as_string();
        return all;
    };
    EXPECT_TRUE(bot.wait_for(0, [&](const visit& one) { return digits(one).size() == 3; }));
    bot.with(0, [&](visit& one) { EXPECT_EQ(digits(one), "12#"); });
    caller.signal(SIGINT);
    EXPECT_EQ(caller.wait(), 0) << caller.out;
    expect_closed_in_order(bot);
    EXPECT_EQ(stop(), 0) << server->err;
}

TEST_F(gateway_calls, wideband_call_reaches_a_wideband_back_end_bit_exact) {
    std::ofstream(folder / "session.json") << R"({"sampleRate":16000})";
    scripted_back_end bot;
    gateway({"--dialect", "pcm", "--backend", bot.url(), "--session", (folder / "session.json").string()});
    recorded_call caller(where, folder / "heard.slin16",
                         {"--format", "slin16", "--play", numbered_file("said.wav", 8000, 16'000).string()});
    EXPECT_TRUE(bot.wait_for(0, has_sounds(8000)));
    bot.with(0, [](visit& one) {
        expect_in_order(numbers(8000), one.samples);
        EXPECT_EQ(one.texts.front().at("sampleRate").as_int64(), 16'000);
        one.play(negative(8000));
        one.close();
    });
    EXPECT_EQ(caller.caller().wait(), 0) << caller.caller().out;
    expect_in_order(negative(8000), caller.heard());
    EXPECT_EQ(stop(), 0) << server->err;
}
