// SPDX-License-Identifier: Apache-2.0
// Back ends that break the rules: their callers get an orderly end, and other calls continue.
#include "gateway_test.hpp"
#include "raw_back_end.hpp"

#include <sys/socket.h>

#include <atomic>
#include <fstream>

using namespace audiosocket;
using namespace audiosocket::test;
namespace json = boost::json;

namespace {

using visit = raw_back_end::visit;

std::string as_text(const std::vector<std::int16_t>& samples) {
    return {reinterpret_cast<const char*>(samples.data()), samples.size() * sizeof(std::int16_t)};
}

class gateway_nasty : public gateway_test {
  protected:
    static void speak_and_close(visit& one) {
        one.send(raw_back_end::binary, as_text(numbers(800)));
        one.close();
    }

    // Does this with each connection of the first call, and behaves correctly with that of `good`.
    void start_with(const raw_back_end::script& nasty, std::vector<std::string> more = {}) {
        bot = std::make_unique<raw_back_end>([this, nasty](visit& one) {
            one.read_request();
            if (one.target() != '/' + good) return nasty(one);
            one.send(one.acceptance());
            speak_and_close(one);
        });
        more.insert(more.begin(), {"--dialect", "pcm", "--backend", bot->url("/{uuid}"), "--connect-timeout", "2",
                                   "--on-failure", our_sound("sorry.wav", 400).string()});
        gateway(std::move(more));
    }

    // The gateway works as before.
    void expect_good_call() {
        expect_heard(converse({"--id", good}), numbers(800));
        EXPECT_EQ(stop(), 0) << server->err;
        bot.reset();
    }

    // The dialect ignores the data; the call continues to its end.
    void expect_tolerated(const raw_back_end::script& nasty) {
        start_with([nasty](visit& one) {
            one.send(one.acceptance());
            nasty(one);
            speak_and_close(one);
        });
        const auto caller = converse();
        EXPECT_TRUE(caller.hung_up()) << caller.report;
        expect_whole(numbers(800), caller.heard);
        EXPECT_EQ(bot->visits(), 1U);
        expect_good_call();
    }

    // The gateway drops the back end for this reason.
    void expect_refused(const std::string& why, const raw_back_end::script& nasty, bool before_it_opens = false) {
        start_with([nasty, before_it_opens](visit& one) {
            if (!before_it_opens) one.send(one.acceptance());
            nasty(one);
        });
        expect_heard(converse(), negative(400));
        EXPECT_TRUE(server->wait_for_errors(why)) << server->err;
        EXPECT_EQ(bot->visits(), 2U);
        expect_good_call();
    }

    std::size_t gateway_memory_bytes() const {
        std::size_t all = 0;
        std::size_t resident = 0;
        std::ifstream("/proc/" + std::to_string(server->id()) + "/statm") >> all >> resident;
        return resident * static_cast<std::size_t>(sysconf(_SC_PAGESIZE));
    }

    const std::string good = "11111111-2222-4333-8444-555555555555";
    std::unique_ptr<raw_back_end> bot;
};

} // namespace

TEST_F(gateway_nasty, message_in_fragments_with_pings_between) {
    start_with([](visit& one) {
        one.send(one.acceptance());
        const auto audio = as_text(numbers(800));
        constexpr std::size_t piece = 321;
        for (std::size_t at = 0; at < audio.size(); at += piece) {
            const bool is_last = at + piece >= audio.size();
            one.send(at == 0   ? raw_back_end::first_of_binary
                     : is_last ? raw_back_end::last
                               : raw_back_end::next,
                     audio.substr(at, piece));
            one.send(raw_back_end::ping, "still there?");
        }
        one.close();
    });
    expect_heard(converse(), numbers(800));
    expect_good_call();
}

TEST_F(gateway_nasty, long_text_and_text_that_is_not_json) {
    expect_tolerated([](visit& one) {
        one.send(raw_back_end::text, R"({"type":"x","junk":")" + std::string(1'000'000, 'x') + R"("})");
        one.send(raw_back_end::text, std::string(1'000'000, 'x'));
        for (const std::string text : {"", "hello", "{", "[]", "7", "null", R"({"type":7})", R"({"type":"mark"})",
                                       R"({"type":"mark","data":{"name":7}})", R"({"type":"playAudio","data":[]})"})
            one.send(raw_back_end::text, text);
        one.send(raw_back_end::binary, "");
    });
}

TEST_F(gateway_nasty, json_nested_deep) {
    expect_tolerated([](visit& one) {
        one.send(raw_back_end::text, std::string(10'000, '['));
        std::string text = R"({"type":)";
        for (int depth = 0; depth < 10'000; ++depth)
            text += R"({"a":)";
        one.send(raw_back_end::text, text + '1' + std::string(10'001, '}'));
    });
}

TEST_F(gateway_nasty, more_marks_than_a_call_may_have) {
    expect_tolerated([](visit& one) {
        one.send(raw_back_end::binary, as_text(negative(32'000)));
        std::string all;
        for (int n = 0; n < 20'000; ++n)
            all += raw_back_end::frame(raw_back_end::text, mark(std::to_string(n)));
        one.send(all);
        one.send(raw_back_end::text, R"({"type":"killAudio"})");
    });
}

TEST_F(gateway_nasty, message_longer_than_a_message_may_be) {
    std::atomic<int> code = 0;
    expect_refused("code 1009", [&](visit& one) {
        try {
            one.send(raw_back_end::binary, std::string((16 << 20) + 1, 'x'));
        } catch (const boost::system::system_error&) {
            // The gateway need not read all of it.
        }
        code = one.read_to_close();
    });
    EXPECT_EQ(code, 1009);
}

TEST_F(gateway_nasty, text_that_is_not_utf8) {
    std::atomic<int> code = 0;
    expect_refused("code 1007", [&](visit& one) {
        one.send(raw_back_end::text, "{\"type\":\"\xc3\x28\"}");
        code = one.read_to_close();
    });
    EXPECT_EQ(code, 1007);
}

TEST_F(gateway_nasty, frames_against_the_rules) {
    for (const std::string frame : {"\xc2\x02xx", "\x83\x01x", "\x82\x81xxxxx", "\x09\x01x", "\x80\x01x"}) {
        SCOPED_TRACE(testing::PrintToString(frame));
        std::atomic<int> code = 0;
        expect_refused("code 1002", [&](visit& one) {
            one.send(frame);
            code = one.read_to_close();
        });
        EXPECT_EQ(code, 1002);
    }
}

TEST_F(gateway_nasty, compression_that_was_not_asked_for) {
    expect_refused(
        "an extension that was not offered: permessage-deflate",
        [](visit& one) {
            one.send(one.acceptance("Sec-WebSocket-Extensions: permessage-deflate\r\n"));
            one.read_to_close();
        },
        true);
}

TEST_F(gateway_nasty, subprotocol_that_was_not_offered) {
    expect_refused(
        "a subprotocol that was not offered: other",
        [](visit& one) {
            one.send(one.acceptance("Sec-WebSocket-Protocol: other\r\n"));
            one.read_to_close();
        },
        true);
}

TEST_F(gateway_nasty, answer_that_trickles_in) {
    expect_refused(
        "did not come within 2 s",
        [](visit& one) {
            for (const char byte : one.acceptance()) {
                one.send(std::string(1, byte));
                std::this_thread::sleep_for(std::chrono::milliseconds(50)); // 6 s in all
            }
        },
        true);
}

TEST_F(gateway_nasty, answer_without_end) {
    expect_refused(
        "back end ",
        [](visit& one) {
            one.send("HTTP/1.1 101 Switching Protocols\r\n");
            for (;;)
                one.send("X-More: " + std::string(1000, 'x') + "\r\n");
        },
        true);
}

// The gateway drops it, and until then uses no more memory than a queue.
TEST_F(gateway_nasty, back_end_that_stops_reading) {
    std::ofstream(folder / "session.json") << R"({"sampleRate":64000})";
    std::atomic<int> tries = 0;
    start_with(
        [&](visit& one) {
            if (tries++ > 0) return;
            const int bytes = 4096;
            setsockopt(one.peer.native_handle(), SOL_SOCKET, SO_RCVBUF, &bytes, sizeof bytes);
            one.send(one.acceptance());
            one.hold();
        },
        {"--session", (folder / "session.json").string()});
    const auto before = gateway_memory_bytes();
    process caller(command({"call", where, "--duration", "300", "--json"}));
    EXPECT_TRUE(server->wait_for_errors("has read nothing for 20 s")) << server->err;
    EXPECT_LT(gateway_memory_bytes(), before + (16 << 20));
    EXPECT_EQ(caller.wait(), 0) << caller.out;
    EXPECT_NE(caller.out.find("peer hung up"), std::string::npos) << caller.out;
    std::filesystem::remove(folder / "session.json");
    EXPECT_EQ(stop(), 0) << server->err;
}

TEST_F(gateway_nasty, more_audio_than_a_queue_takes_is_refused_and_other_calls_go_on) {
    ws::server_options options;
    options.bounds.queue_bytes_max = 64 << 20;
    std::atomic<int> visits = 0;
    scripted_back_end talker({.opened =
                                  [&](scripted_back_end::visit& one) {
                                      if (visits++ > 0) {
                                          one.play(numbers(800));
                                          return one.close();
                                      }
                                      for (int minute = 0; minute < 11; ++minute)
                                          one.play(negative(60 * 8000));
                                  }},
                             options);
    gateway({"--dialect", "pcm", "--backend", talker.url()});
    auto& flooded = long_call();
    expect_event(R"("event":"audio_refused")");
    expect_heard(converse(), numbers(800));
    talker.with(0, [](auto& one) {
        one.say(R"({"type":"killAudio"})");
        one.close();
    });
    EXPECT_EQ(flooded.wait(), 0) << flooded.out;
    EXPECT_NE(flooded.out.find("peer hung up"), std::string::npos) << flooded.out;
    ASSERT_TRUE(
        eventually([&] { return get("/metrics").metric("audiosocket_gateway_audio_refused_seconds_total") > 0; }));
    EXPECT_LE(get("/metrics").metric("audiosocket_gateway_audio_refused_seconds_total"), 60);
    EXPECT_EQ(stop(), 0) << server->err;
}
