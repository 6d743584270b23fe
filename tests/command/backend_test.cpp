// SPDX-License-Identifier: Apache-2.0
// The verb `backend`, with a client that sends what a gateway sends.
#include "command/command_test.hpp"

#include "websocket/websocket.hpp"

#include <boost/asio/io_context.hpp>

#include <functional>

using namespace audiosocket;
using namespace audiosocket::test;
namespace ws = audiosocket::app::websocket;

namespace {

class backend : public command_test {
  protected:
    void start(std::vector<std::string> options) {
        options.insert(options.begin(), {"backend", "--listen", "127.0.0.1:0", "--json"});
        server = std::make_unique<process>(command(std::move(options)));
        ASSERT_TRUE(server->wait_for_output("\n")) << server->err;
        port_ = boost::json::parse(server->out.substr(0, server->out.find('\n'))).at("port").as_int64();
    }

    // Connects, sends `first`, and gives each message to `on_text` until the connection ends.
    void talk(const std::vector<std::string>& first, std::function<void(std::string_view)> on_text,
              const std::string& subprotocol = {}) {
        boost::asio::io_context io{1};
        ws::client_options options;
        options.url = ws::parse_url("ws://127.0.0.1:" + std::to_string(port_) + "/any/path?x=y");
        options.subprotocol = subprotocol;
        ws::handlers on;
        on.on_open = [&] {
            for (const auto& message : first)
                EXPECT_TRUE(link_->send_text(message));
        };
        on.on_text = std::move(on_text);
        on.on_binary = [&](std::span<const std::byte> message) { binary_bytes_ += message.size(); };
        on.on_closed = [&](const ws::close_report& report) { closed_ = report; };
        link_ = ws::dial(io.get_executor(), options, std::move(on));
        io.run();
        agreed_ = link_->subprotocol();
        link_.reset();
    }

    static std::vector<std::string> twilio_start() {
        return {R"({"event":"connected","protocol":"Call","version":"1.0.0"})",
                R"({"event":"start","sequenceNumber":"1","streamSid":"MZ1","start":{"streamSid":"MZ1",)"
                R"("accountSid":"AC1","callSid":"CA1","tracks":["inbound"],"mediaFormat":)"
                R"({"encoding":"audio/x-mulaw","sampleRate":8000,"channels":1},"customParameters":{}}})"};
    }

    // Returns the server's events of this name, after it has ended.
    std::vector<boost::json::object> events(std::string_view name) const {
        std::vector<boost::json::object> all;
        std::istringstream lines(server->out);
        for (std::string line; std::getline(lines, line);)
            if (auto one = boost::json::parse(line).as_object(); one.at("event").as_string() == name)
                all.push_back(std::move(one));
        return all;
    }

    std::int64_t port_ = 0;
    std::shared_ptr<ws::websocket> link_;
    std::size_t binary_bytes_ = 0;
    std::string agreed_;
    ws::close_report closed_;
};

} // namespace

TEST_F(backend, twilio_echo_sends_back_what_it_hears) {
    start({"--dialect", "twilio", "--exit-after", "1"});
    auto first = twilio_start();
    first.push_back(R"({"event":"media","sequenceNumber":"2","streamSid":"MZ1","media":{"payload":"/85O"}})");
    std::string payload;
    talk(first, [&](std::string_view text) {
        payload = boost::json::parse({text.data(), text.size()}).at("media").at("payload").as_string().c_str();
        link_->send_text(R"({"event":"stop","sequenceNumber":"3","streamSid":"MZ1","stop":{}})");
        link_->close(1000, "over");
    });
    EXPECT_EQ(payload, "/85O");
    EXPECT_EQ(server->wait(), 0) << server->out << server->err;
    EXPECT_EQ(events("started").size(), 1U);
    EXPECT_EQ(events("stopped").size(), 1U);
    ASSERT_EQ(events("ended").size(), 1U);
    EXPECT_EQ(events("ended").front().at("code").as_int64(), 1000);
    EXPECT_EQ(events("connected").front().at("target").as_string(), "/any/path");
}

TEST_F(backend, file_is_played_with_a_mark_behind_it_and_then_hung_up) {
    const auto file = numbered_file("a.wav", 4000);
    start({"--dialect", "twilio", "--play", file.string(), "--speed", "0", "--then-hangup", "--exit-after", "1"});
    int media = 0;
    talk(twilio_start(), [&](std::string_view text) {
        const auto message = boost::json::parse({text.data(), text.size()});
        media += message.at("event").as_string() == "media";
        if (message.at("event").as_string() != "mark") return;
        EXPECT_EQ(media, 13); // 500 ms in pieces of 40
        const std::string name = message.at("mark").at("name").as_string().c_str();
        link_->send_text(R"({"event":"mark","sequenceNumber":"2","streamSid":"MZ1","mark":{"name":")" + name + "\"}}");
    });
    EXPECT_EQ(closed_.code, 1000);
    EXPECT_EQ(server->wait(), 0) << server->out << server->err;
    EXPECT_EQ(events("mark").size(), 1U);
    EXPECT_EQ(events("ended").front().at("sent_ms").as_int64(), 500);
}

TEST_F(backend, pcm_file_has_the_rate_of_the_call_and_ends_with_disconnect) {
    const auto file = numbered_file("a.wav", 8000);
    start({"--dialect", "pcm", "--play", file.string(), "--then-hangup", "--exit-after", "1"});
    talk(
        {R"({"callSid":"c1","sampleRate":16000,"mixType":"mono"})"},
        [&](std::string_view text) {
            const auto message = boost::json::parse({text.data(), text.size()});
            if (message.at("type").as_string() == "mark")
                link_->send_text(R"({"type":"mark","data":{"name":"end-1","event":"playout"}})");
            else
                link_->close(1000, {});
        },
        "audio.jambonz.org");
    EXPECT_EQ(agreed_, "audio.jambonz.org");
    EXPECT_EQ(binary_bytes_, 16'000U * 2);
    EXPECT_EQ(server->wait(), 0) << server->out << server->err;
}

TEST_F(backend, violations_are_findings) {
    start({"--dialect", "twilio", "--exit-after", "1"});
    auto first = twilio_start();
    first.push_back(R"({"event":"media","sequenceNumber":"7","streamSid":"MZ1","media":{"payload":"/w=="}})");
    talk(first, [&](std::string_view) { link_->close(1000, {}); });
    EXPECT_EQ(server->wait(), 1);
    EXPECT_EQ(events("violation").size(), 1U);
}

// Data behind a message that ends the connection is not counted as another mistake.
TEST_F(backend, set_up_that_the_service_would_refuse_ends_the_connection_with_its_code) {
    start({"--dialect", "gemini", "--exit-after", "1"});
    const std::string set_up = R"({"setup":{"model":"m","generationConfig":{"responseModalities":["AUDIO"]}}})";
    talk({set_up, set_up, R"({"realtimeInput":{"text":"Hi"}})"}, [](std::string_view) {});
    EXPECT_EQ(closed_.code, 1008);
    EXPECT_NE(closed_.reason.find("models/"), std::string::npos) << closed_.reason;
    EXPECT_EQ(server->wait(), 1);
    EXPECT_EQ(events("violation").size(), 1U);
}

TEST_F(backend, function_is_asked_for_once_with_its_arguments) {
    start({"--dialect", "deepgram", "--tool", "price", "--tool-arguments", R"({"item":"bread"})", "--exit-after", "1"});
    talk({R"({"type":"Settings","audio":{},"agent":"a"})"}, [&](std::string_view text) {
        const auto message = boost::json::parse({text.data(), text.size()});
        if (message.at("type").as_string() != "FunctionCallRequest") return;
        const auto& function = message.at("functions").as_array().at(0);
        EXPECT_EQ(function.at("name"), "price");
        EXPECT_EQ(function.at("arguments"), R"({"item":"bread"})");
        const std::string answer = R"({"type":"FunctionCallResponse","id":"call_1","name":"price","content":"three"})";
        EXPECT_TRUE(link_->send_text(answer));
        EXPECT_TRUE(link_->send_text(answer)); // a second time: the function has ended already
    });
    EXPECT_EQ(closed_.code, 1008);
    EXPECT_EQ(server->wait(), 1);
    ASSERT_EQ(events("tool_result").size(), 1U);
    EXPECT_EQ(events("tool_result").front().at("result"), "three");
    EXPECT_EQ(events("tool_call").size(), 1U);
}

TEST_F(backend, session_ends_at_its_longest_time) {
    start({"--dialect", "elevenlabs", "--session-limit", "0.1", "--exit-after", "1"});
    std::string last;
    talk({R"({"type":"conversation_initiation_client_data"})"}, [&](std::string_view text) { last = text; });
    EXPECT_NE(last.find("max_duration_exceeded"), std::string::npos) << last;
    EXPECT_EQ(closed_.code, 1000);
    EXPECT_EQ(server->wait(), 0) << server->out << server->err;
}

TEST_F(backend, pings_of_the_dialect_go_out) {
    start({"--dialect", "elevenlabs", "--exit-after", "1"});
    talk({R"({"type":"conversation_initiation_client_data"})"}, [&](std::string_view text) {
        const auto message = boost::json::parse({text.data(), text.size()});
        if (message.at("type").as_string() != "ping") return;
        EXPECT_TRUE(link_->send_text(R"({"type":"pong","event_id":1})"));
        link_->close(1000, {});
    });
    EXPECT_EQ(server->wait(), 0) << server->out << server->err;
}

TEST_F(backend, long_values_are_printed_as_their_length) {
    start({"--dialect", "gemini", "--exit-after", "1"});
    talk({R"({"setup":{"model":"models/m","generationConfig":{"responseModalities":["AUDIO"]}}})",
          R"({"clientContent":{"turns":")" + std::string(3'000'000, 'x') + R"("}})", R"({"other":{}})"},
         [](std::string_view) {});
    EXPECT_EQ(server->wait(), 1);
    ASSERT_EQ(events("note").size(), 1U);
    EXPECT_EQ(events("note").front().at("about"), "(3000012 bytes)");
    EXPECT_TRUE(events("lost").empty());
}

TEST_F(backend, refuses_with_the_status_that_is_asked_for) {
    start({"--dialect", "openai", "--refuse", "429", "--exit-after", "1"});
    talk({}, [](std::string_view) {});
    EXPECT_EQ(closed_.http_status, 429U);
    EXPECT_EQ(server->wait(), 0);
}

TEST_F(backend, signal_closes_calls_in_order) {
    start({"--dialect", "twilio"});
    auto first = twilio_start();
    first.push_back(R"({"event":"media","sequenceNumber":"2","streamSid":"MZ1","media":{"payload":"/w=="}})");
    talk(first, [&](std::string_view) { server->signal(SIGTERM); });
    EXPECT_EQ(closed_.code, 1001);
    EXPECT_EQ(server->wait(), 0);
}

TEST_F(backend, wrong_options_are_refused_before_it_listens) {
    EXPECT_EQ(run({"backend"}).code, 2);
    EXPECT_EQ(run({"backend", "--dialect", "other"}).code, 2);
    EXPECT_EQ(run({"backend", "--dialect", "pcm", "--certificate-key", "x"}).code, 2);
    EXPECT_EQ(run({"backend", "--dialect", "openai", "--then-hangup"}).code, 2);
    EXPECT_EQ(run({"backend", "--dialect", "openai", "--tool-arguments", "{}"}).code, 2);
    for (const auto& [options, why] : std::vector<std::pair<std::vector<std::string>, std::string>>{
             {{"--dialect", "twilio", "--tool", "price"}, "openai, openai-live, gemini, deepgram, elevenlabs"},
             {{"--dialect", "openai", "--tool", "a price"}, "letters, digits"},
             {{"--dialect", "openai", "--tool", "price", "--tool-arguments", "[1]"}, "not a JSON object"},
             {{"--dialect", "deepgram", "--session-limit", "5"}, "openai, openai-live, gemini, elevenlabs"},
             {{"--dialect", "gemini", "--session-limit", "0"}, "0.1"}}) {
        auto line = options;
        line.insert(line.begin(), "backend");
        const auto refused = run(line);
        EXPECT_EQ(refused.code, 2);
        EXPECT_NE(refused.err.find(why), std::string::npos) << refused.err;
    }
    EXPECT_EQ(run({"backend", "--dialect", "pcm", "--play", "missing.wav"}).code, 4);
    EXPECT_EQ(
        run({"backend", "--dialect", "pcm", "--certificate", "missing.pem", "--certificate-key", "missing.pem"}).code,
        4);
    EXPECT_EQ(run({"backend", "--dialect", "pcm", "--listen", "nonsense"}).code, 2);
}
