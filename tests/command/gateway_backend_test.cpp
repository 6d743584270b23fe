// SPDX-License-Identifier: Apache-2.0
// Calls through `gateway` to `backend`, in each dialect. Both are processes, and neither sends what the other refuses.
#include "gateway_test.hpp"

using namespace audiosocket;
using namespace audiosocket::test;

namespace {

class gateway_backend : public gateway_test {
  protected:
    // Starts both. The set-up of the session is the smallest that the dialect accepts.
    void start(const std::string& dialect, std::vector<std::string> backend_options) {
        backend_options.insert(backend_options.begin(),
                               {"backend", "--dialect", dialect, "--listen", "127.0.0.1:0", "--json"});
        bot = std::make_unique<process>(command(std::move(backend_options)));
        ASSERT_TRUE(bot->wait_for_output("\n")) << bot->err;
        const auto port = boost::json::parse(bot->out.substr(0, bot->out.find('\n'))).at("port").as_int64();
        std::vector<std::string> options{"--dialect", dialect, "--backend",
                                         "ws://127.0.0.1:" + std::to_string(port) + "/"};
        const auto session = dialect == "openai-live" ? R"({"model":"gpt-live-1.1"})"
                             : dialect == "gemini"    ? R"({"model":"models/m"})"
                             : dialect == "deepgram"  ? R"({"agent":{"listen":{},"think":{},"speak":{}}})"
                                                      : "";
        if (*session != '\0') {
            std::ofstream(folder / "session.json") << session;
            options.insert(options.end(), {"--session", (folder / "session.json").string()});
        }
        gateway(std::move(options));
    }

    // Waits until the back end has printed this.
    void expect_of_bot(const std::string& part) {
        EXPECT_TRUE(bot->wait_for_output(part)) << part << '\n' << bot->out << bot->err;
    }

    // Both have ended the call. The back end has found no mistake.
    void expect_good_end() {
        expect_of_bot(R"("event":"ended")");
        EXPECT_EQ(stop(), 0) << server->err;
        bot->signal(SIGTERM);
        EXPECT_EQ(bot->wait(), 0) << bot->out << bot->err;
        EXPECT_EQ(bot->out.find(R"("event":"violation")"), std::string::npos) << bot->out;
        EXPECT_EQ(server->out.find(R"("event":"message_ignored")"), std::string::npos) << server->out;
    }

    // Half a second of silence, then speech of a second.
    std::string pause_and_speech() const {
        const auto file = folder / "speech.wav";
        std::vector<std::int16_t> samples(4000);
        for (int i = 0; i < 8000; ++i)
            samples.push_back(static_cast<std::int16_t>(i % 16 < 8 ? 8000 : -8000));
        sound_writer(file, 8000).write(samples);
        return file.string();
    }

    std::unique_ptr<process> bot;
};

class gateway_backend_dialects : public gateway_backend, public testing::WithParamInterface<std::string> {
  protected:
    // The audio keeps the pace of the call: the gateway drops what queues up on a busy machine.
    bool is_live() const { return GetParam() == "openai-live"; }
};

class gateway_backend_functions : public gateway_backend, public testing::WithParamInterface<std::string> {};

std::string test_name(const testing::TestParamInfo<std::string>& one) {
    auto name = one.param;
    std::ranges::replace(name, '-', '_');
    return name;
}

} // namespace

TEST_P(gateway_backend_dialects, caller_hears_the_echo) {
    start(GetParam(), {"--echo"});
    recorded_call caller(where, folder / "heard.slin", {"--play", numbered_file("said.wav", 16'000).string()});
    EXPECT_TRUE(caller.wait_for_sound(4000)) << bot->out;
    EXPECT_EQ(caller.hang_up(), 0) << caller.caller().out << caller.caller().err;
    expect_good_end();
}

TEST_P(gateway_backend_dialects, caller_interrupts_and_the_file_begins_again) {
    start(GetParam(), {"--play", numbered_file("answer.wav", 480'000).string(), "--barge-in"});
    recorded_call caller(where, folder / "heard.slin", {"--play", pause_and_speech()});
    expect_of_bot(R"("event":"clear")");
    expect_of_bot(R"("event":"silence")");
    // What is heard may still be from before.
    const auto barge_ins = [&] { return get("/metrics").metric("audiosocket_gateway_barge_ins_total"); };
    EXPECT_TRUE(is_live() || eventually([&] { return barge_ins() > 0; }));
    EXPECT_TRUE(caller.wait_for_sound(8000)) << "of the file that begins again";
    EXPECT_EQ(caller.hang_up(), 0) << caller.caller().out << caller.caller().err;
    expect_event(R"("event":"gateway")");
    EXPECT_EQ(server->out.find(R"("barge_ins":0,)") == std::string::npos, !is_live()) << server->out;
    expect_good_end();
    const auto first = bot->out.find(R"("event":"play")");
    EXPECT_NE(bot->out.find(R"("event":"play")", first + 1), std::string::npos) << bot->out;
}

TEST_P(gateway_backend_dialects, caller_hears_the_file_to_its_end_before_the_hang_up) {
    start(GetParam(), {"--play", numbered_file("answer.wav", 8000).string(), "--then-hangup"});
    const auto caller = converse();
    EXPECT_TRUE(caller.hung_up()) << caller.report;
    EXPECT_GE(caller.sounds(), is_live() ? 2000U : 7900U);
    if (GetParam() == "twilio" || GetParam() == "pcm") expect_of_bot(R"("name":"end-1","how":"reached")");
    if (GetParam() == "pcm") expect_whole(numbers(8000), caller.heard);
    expect_good_end();
}

INSTANTIATE_TEST_SUITE_P(each, gateway_backend_dialects,
                         testing::Values("twilio", "pcm", "openai", "openai-live", "gemini", "deepgram", "elevenlabs"),
                         test_name);

TEST_P(gateway_backend_functions, result_of_a_function_comes_back) {
    start(GetParam(), {"--tool", "price", "--tool-arguments", R"({"item":"bread"})"});
    recorded_call caller(where, folder / "heard.slin");
    expect_of_bot(R"("event":"tool_result")");
    expect_event(R"("event":"tool_call")");
    EXPECT_NE(bot->out.find("--tool-url"), std::string::npos) << "that there is no web server: " << bot->out;
    EXPECT_EQ(caller.hang_up(), 0) << caller.caller().out << caller.caller().err;
    expect_good_end();
}

INSTANTIATE_TEST_SUITE_P(each, gateway_backend_functions,
                         testing::Values("openai", "openai-live", "gemini", "deepgram", "elevenlabs"), test_name);

TEST_F(gateway_backend, gemini_session_is_resumed_when_its_connection_goes_away) {
    start("gemini", {"--session-limit", "2"});
    recorded_call caller(where, folder / "heard.slin");
    expect_of_bot(R"("stream":"audiosocket-backend-1")");
    expect_event(R"("event":"backend_reconnect")");
    EXPECT_EQ(caller.hang_up(), 0) << caller.caller().out << caller.caller().err;
    expect_good_end();
}
