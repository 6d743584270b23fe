// SPDX-License-Identifier: Apache-2.0
// Requests of a gateway to web servers: the status of calls, and the functions that their back ends ask for.
#include "gateway_test.hpp"
#include "support/shared_text.hpp"
#include "support/web_server.hpp"
#include "websocket/http_post.hpp"

#include <array>
#include <latch>
#include <set>

using namespace audiosocket;
using namespace audiosocket::test;
namespace json = boost::json;

namespace {

class gateway_hooks : public gateway_test {
  protected:
    using visit = scripted_back_end::visit;

    static constexpr auto secret = "secret-of-the-test-0123456789";

    std::string file(const std::string& name, const std::string& content) const {
        const auto path = folder / name;
        std::ofstream(path) << content;
        return path.string();
    }

    // Returns what was posted, each with its correct signature.
    static std::vector<json::object> posted(const std::vector<web_server::request>& requests) {
        std::vector<json::object> all;
        for (const auto& one : requests) {
            EXPECT_EQ(one.field("X-AudioSocket-Signature"), "sha256=" + ws::hmac_sha256(secret, one.body));
            EXPECT_EQ(one.field("Content-Type"), "application/json");
            all.push_back(json::parse(one.body).as_object());
        }
        return all;
    }

    // An agent that asks for the function `price`, and closes when it has the result.
    static scripted_back_end::script asks_for_price(shared_text& result) {
        return {.opened =
                    [](auto& one) {
                        one.say(R"({"type":"conversation_initiation_metadata",
                                    "conversation_initiation_metadata_event":{"conversation_id":"c",
                                    "agent_output_audio_format":"pcm_16000","user_input_audio_format":"pcm_16000"}})");
                        one.say(R"({"type":"client_tool_call","client_tool_call":{"tool_name":"price",
                                    "tool_call_id":"t1","parameters":{"item":"bread"}}})");
                    },
                .heard =
                    [&result](auto& one, const json::object& message) {
                        const auto* type = message.if_contains("type");
                        if (!type || *type != "client_tool_result") return;
                        result.set(json::serialize(message));
                        one.close();
                    }};
    }
};

} // namespace

TEST_F(gateway_hooks, status_of_a_call_is_posted_and_signed) {
    web_server hooks;
    scripted_back_end bot(plays(numbers(800)));
    gateway({"--dialect", "pcm", "--backend", bot.url("/talk?key=hunter2"), "--status-url", hooks.url("/{uuid}/status"),
             "--webhook-secret-file", file("secret", std::string(secret) + '\n')});
    const auto caller = converse();
    expect_heard(caller, numbers(800));
    EXPECT_TRUE(eventually([&] { return get("/metrics").metric("audiosocket_gateway_status_delivered_total") == 3; }));
    EXPECT_EQ(get("/metrics").metric("audiosocket_gateway_status_waiting"), 0);
    EXPECT_EQ(stop(), 0) << server->err;

    const auto requests = hooks.requests(3);
    const auto all = posted(requests);
    ASSERT_EQ(all.size(), 3U);
    std::set<std::string> ids;
    for (std::size_t i = 0; i < 3; ++i) {
        EXPECT_EQ(all[i].at("event"), (std::array{"started", "answered", "ended"}[i]));
        EXPECT_EQ(all[i].at("sequence"), i + 1);
        EXPECT_EQ(all[i].at("time").as_string().size(), 24U) << all[i];
        ids.emplace(all[i].at("id").as_string());
        EXPECT_EQ(requests[i].target, '/' + std::string(all[i].at("id").as_string()) + "/status");
    }
    EXPECT_EQ(ids.size(), 1U);
    EXPECT_EQ(all[0].at("from"), "");
    EXPECT_TRUE(all[0].at("peer").as_string().starts_with("127.0.0.1:")) << all[0];
    EXPECT_EQ(all[1].at("backend"), json::value(bot.url("/talk")));
    EXPECT_GE(all[1].at("connect_ms").to_number<double>(), 0);
    EXPECT_EQ(all[2].at("reason"), "hung up");
    EXPECT_TRUE(all[2].at("error").is_null());
    EXPECT_GT(all[2].at("seconds").to_number<double>(), 0);
    EXPECT_GT(all[2].at("statistics").at("frames_sent").to_number<int>(), 4);
    EXPECT_EQ(all[2].at("backend").at("dialect"), "pcm");
    EXPECT_EQ(all[2].at("backend").at("connections"), 1);
    for (const auto& shown : {server->out, server->err, requests[0].body, requests[1].body, requests[2].body}) {
        EXPECT_EQ(shown.find(secret), std::string::npos) << shown;
        EXPECT_EQ(shown.find("hunter2"), std::string::npos) << shown;
    }
}

TEST_F(gateway_hooks, call_that_no_back_end_answers_has_a_start_and_an_end) {
    web_server hooks;
    gateway({"--dialect", "pcm", "--backend", "ws://127.0.0.1:1/", "--status-url", hooks.url()});
    EXPECT_TRUE(converse().hung_up());
    EXPECT_EQ(stop(), 0) << server->err; // the end is delivered before the process ends
    const auto requests = hooks.requests(2);
    ASSERT_EQ(requests.size(), 2U);
    EXPECT_EQ(json::parse(requests[0].body).at("event"), "started");
    EXPECT_EQ(json::parse(requests[1].body).at("event"), "ended");
    EXPECT_EQ(requests[0].field("X-AudioSocket-Signature"), ""); // there is no secret
}

TEST_F(gateway_hooks, registered_caller_is_named) {
    web_server hooks;
    scripted_back_end bot(plays(numbers(800)));
    gateway({"--dialect", "pcm", "--backend", bot.url(), "--status-url", hooks.url("/{to}")});
    const std::string id = "12345678-1234-1234-1234-123456789abc";
    ask(admin, "PUT /calls/" + id, "Content-Type: application/json\r\n", R"({"from":"+49 30","to":"10/0"})");
    expect_heard(converse({"--id", id}), numbers(800));
    EXPECT_EQ(stop(), 0) << server->err;
    const auto requests = hooks.requests(3);
    ASSERT_EQ(requests.size(), 3U);
    EXPECT_EQ(requests[0].target, "/10%2F0");
    const auto started = json::parse(requests[0].body);
    EXPECT_EQ(started.at("id"), json::value(id));
    EXPECT_EQ(started.at("from"), "+49 30");
    EXPECT_EQ(started.at("to"), "10/0");
}

TEST_F(gateway_hooks, web_server_that_is_gone_does_not_hold_up_calls_nor_the_end) {
    std::string url;
    {
        const web_server gone;
        url = gone.url("/?key=hunter2");
    }
    scripted_back_end bot(plays(numbers(800)));
    gateway({"--dialect", "pcm", "--backend", bot.url(), "--status-url", url});
    expect_heard(converse(), numbers(800));
    EXPECT_EQ(stop(), 0) << server->err;
    EXPECT_NE(server->err.find("--status-url: "), std::string::npos) << server->err;
    EXPECT_NE(server->err.find("not delivered"), std::string::npos) << server->err;
    EXPECT_EQ((server->out + server->err).find("hunter2"), std::string::npos) << server->err;
}

TEST_F(gateway_hooks, function_of_a_back_end_is_called_and_its_result_goes_back) {
    web_server tools([](const auto&) { return web_server::answer{200, "3 euros"}; });
    shared_text result;
    scripted_back_end bot(asks_for_price(result));
    gateway({"--dialect", "elevenlabs", "--backend", bot.url(), "--tool-url", tools.url("/tool"),
             "--webhook-secret-file", file("secret", secret), "--verbose"});
    EXPECT_TRUE(converse().hung_up());
    ASSERT_TRUE(bot.wait_for(0, has_closed));
    expect_event(R"("event":"tool_result")");
    EXPECT_EQ(get("/metrics").metric("audiosocket_gateway_tool_failures_total"), 0);
    EXPECT_EQ(get("/metrics").metric("audiosocket_gateway_tool_seconds_count"), 1);
    EXPECT_EQ(stop(), 0) << server->err;
    EXPECT_EQ(json::parse(result.get()), json::parse(R"({"type":"client_tool_result","tool_call_id":"t1",
                                                   "result":"3 euros","is_error":false})"));
    const auto asked = posted(tools.requests(1));
    ASSERT_EQ(asked.size(), 1U);
    EXPECT_EQ(asked[0].at("tool"), json::parse(R"({"id":"t1","name":"price","arguments":{"item":"bread"}})"));
    EXPECT_EQ(asked[0].at("call").at("parameters"), json::object());
    EXPECT_TRUE(asked[0].at("call").at("id").is_string());
}

// A replay must not book a table again.
TEST_F(gateway_hooks, function_of_a_replay_is_answered_from_the_tape) {
    web_server tools([](const auto&) { return web_server::answer{200, "3 euros"}; });
    shared_text result;
    scripted_back_end bot(asks_for_price(result));
    const std::vector<std::string> options{"--dialect", "elevenlabs", "--backend",
                                           bot.url(),   "--tool-url", tools.url("/tool")};
    auto taping = options;
    taping.insert(taping.end(), {"--tape", (folder / "tapes").string()});
    gateway(taping);
    EXPECT_TRUE(converse().hung_up());
    EXPECT_EQ(stop(), 0) << server->err;
    EXPECT_EQ(tools.requests(1).size(), 1U);
    result.set("");

    auto replaying = options;
    const auto tape = std::filesystem::directory_iterator(folder / "tapes")->path().string();
    replaying.insert(replaying.begin(), "gateway");
    replaying.insert(replaying.end(), {"--replay", tape});
    const auto replayed = run(replaying);
    EXPECT_NE(result.get().find("3 euros"), std::string::npos) << result.get() << replayed.out << replayed.err;
    EXPECT_EQ(tools.requests(1).size(), 1U); // not called again
    const auto shown = run({"inspect", tape});
    EXPECT_NE(shown.out.find("function price answered: 3 euros"), std::string::npos) << shown.out;
}

// The agent would wait for the result, and the caller for the agent.
TEST_F(gateway_hooks, function_without_a_web_server_is_an_error_at_once) {
    shared_text result;
    scripted_back_end bot(asks_for_price(result));
    gateway({"--dialect", "elevenlabs", "--backend", bot.url()});
    EXPECT_TRUE(converse().hung_up());
    ASSERT_TRUE(bot.wait_for(0, has_closed));
    expect_event(R"("event":"tool_failed")");
    EXPECT_EQ(get("/metrics").metric("audiosocket_gateway_tool_failures_total"), 1);
    EXPECT_EQ(stop(), 0) << server->err;
    EXPECT_EQ(json::parse(result.get()).at("is_error"), true);
    EXPECT_NE(result.get().find("--tool-url"), std::string::npos) << result.get();
}

// The end of the call does not wait for the result.
TEST_F(gateway_hooks, function_in_progress_does_not_outlive_its_call) {
    std::latch go_on(1);
    web_server tools([&](const auto&) {
        go_on.wait();
        return web_server::answer();
    });
    shared_text result;
    scripted_back_end bot(asks_for_price(result));
    gateway({"--dialect", "elevenlabs", "--backend", bot.url(), "--tool-url", tools.url(), "--tool-timeout", "600"});
    auto& caller = long_call();
    tools.requests(1);
    server->signal(SIGINT);
    EXPECT_EQ(server->wait(), 0) << server->err;
    caller.wait();
    ASSERT_TRUE(bot.wait_for(0, has_closed));
    EXPECT_EQ(result.get(), "");
    go_on.count_down();
}

TEST_F(gateway_hooks, wrong_options_are_refused) {
    const auto refused = [&](std::vector<std::string> options, int code, const std::string& words) {
        options.insert(options.begin(),
                       {"gateway", "--listen", "127.0.0.1:0", "--dialect", "pcm", "--backend", "ws://127.0.0.1:9/"});
        const auto result = run(options);
        EXPECT_EQ(result.code, code) << result.err;
        EXPECT_NE(result.err.find(words), std::string::npos) << result.err;
        EXPECT_EQ(result.err.find("hunter2"), std::string::npos) << result.err;
    };
    refused({"--status-url", "ws://x.example/"}, 2, "--status-url: ws:// is not an address of HTTP: write http://");
    refused({"--status-url", "x.example"}, 2, "--status-url: ");
    refused({"--status-url", "http://x.example/{uuid"}, 2, "--status-url: a { without a }");
    refused({"--tool-url", "http://me:hunter2@x.example/"}, 2, "--tool-url: ");
    refused({"--tool-url", ""}, 2, "--tool-url");
    refused({"--tool-timeout", "0"}, 2, "--tool-timeout: ");
    refused({"--webhook-secret-file", file("secret", "hunter2\n")}, 2, "there is nothing to sign");
    refused({"--status-url", "http://x.example/", "--webhook-secret-file", file("secret", "hunter2\nhunter2\n")}, 4,
            "--webhook-secret-file: ");
    refused({"--status-url", "http://x.example/", "--webhook-secret-file", file("secret", "")}, 4,
            "it has to hold the secret");
}
