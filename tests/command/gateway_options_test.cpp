// SPDX-License-Identifier: Apache-2.0
// The gateway's own options: wrong values, secrets, and settings that are read again.
#include "gateway_test.hpp"
#include "support/environment.hpp"
#include "support/shared_text.hpp"
#include "unit/app/websocket/certificates.hpp"

using namespace audiosocket;
using namespace audiosocket::test;
namespace json = boost::json;

namespace {

class gateway_options : public gateway_test {
  protected:
    std::string file(const std::string& name, const std::string& content) const {
        const auto path = folder / name;
        std::ofstream(path) << content;
        return path.string();
    }

    // It prints one line about which option is wrong and why, and does not start.
    void expect_refused(const std::vector<std::string>& options, int code, const std::string& words) {
        SCOPED_TRACE(testing::PrintToString(options));
        auto line = options;
        line.insert(line.begin(), {"gateway", "--listen", "127.0.0.1:0"});
        process result(command(line));
        EXPECT_EQ(result.wait(std::chrono::minutes(1)), code) << result.err; // -1: it has started
        EXPECT_EQ(result.out, "");
        EXPECT_EQ(std::ranges::count(result.err, '\n'), 1) << result.err;
        EXPECT_NE(result.err.find(words), std::string::npos) << result.err;
        EXPECT_EQ(result.err.find("hunter2"), std::string::npos) << "a secret is quoted: " << result.err;
    }

    void expect_pcm_refused(std::vector<std::string> options, int code, const std::string& words) {
        options.insert(options.begin(), {"--dialect", "pcm", "--backend", "ws://127.0.0.1:9/"});
        expect_refused(options, code, words);
    }
};

} // namespace

TEST_F(gateway_options, wrong_back_ends_are_refused) {
    expect_refused({"--backend", "ws://127.0.0.1:9/"}, 2, "--dialect");
    expect_refused({"--dialect", "klingon", "--backend", "ws://127.0.0.1:9/"}, 2,
                   R"(--dialect: "klingon": it is one of)");
    expect_refused({"--dialect", "pcm"}, 2, "--backend: a back end is missing");
    expect_refused({"--dialect", "pcm", "--allow-backend", "ws://127.0.0.1:9/", "--fallback", "ws://127.0.0.1:9/"}, 2,
                   "--fallback: only together with --backend");
    for (const std::string url : {"", "localhost:80", "/path", "ws:/x"})
        expect_refused({"--dialect", "pcm", "--backend", url}, 2, "--backend: ");
    expect_refused({"--dialect", "pcm", "--backend", "https://x.example/"}, 2, "write wss://");
    expect_refused({"--dialect", "pcm", "--backend", "ws://x.example:99999/"}, 2, "the port");
    expect_refused({"--dialect", "pcm", "--backend", "ws://"}, 2, "the host is missing");
    expect_refused({"--dialect", "pcm", "--backend", "ws://me:hunter2@x.example/"}, 2, "password");
    expect_refused({"--dialect", "pcm", "--backend", "ws://x.example/{uuid"}, 2, "--backend: a { without a }");
    expect_pcm_refused({"--fallback", "nowhere"}, 2, "--fallback: ");
    expect_pcm_refused({"--allow-backend", "ws://x.example"}, 2, "--allow-backend: ");
    expect_pcm_refused({"--allow-backend", "x.example/"}, 2, "--allow-backend: ");
}

TEST_F(gateway_options, wrong_secrets_are_refused_and_not_quoted) {
    const auto missing = (folder / "missing").string();
    expect_pcm_refused({"--header", "hunter2 has no colon"}, 2, "--header: ");
    expect_pcm_refused({"--header", ": hunter2"}, 2, "--header: ");
    expect_pcm_refused({"--header", "X-Key: hunter2\r\nX-More: 1"}, 2, "--header: X-Key: ");
    expect_pcm_refused({"--header", "X-Key: hunter2{uuid"}, 2, "--header: a { without a }");
    expect_pcm_refused({"--header-file", missing}, 4, missing);
    expect_pcm_refused({"--header-file", file("headers", "A: 1\nhunter2\n")}, 4, "headers:2: ");
    expect_pcm_refused({"--header-file", file("headers", "A: 1\nB: {hunter2\n")}, 4, "headers:2: ");
    expect_pcm_refused({"--key-file", missing}, 4, missing);
    expect_pcm_refused({"--key-file", folder.string()}, 4, "--key-file: ");
    expect_pcm_refused({"--key-file", file("key", " \n")}, 4, "is empty");
    expect_pcm_refused({"--key-file", file("key", "hunter2\nhunter2\n")}, 4, "one line");
    expect_pcm_refused({"--key-env", "AUDIOSOCKET_TEST_NO_SUCH_KEY"}, 2, "is not set");
    // Each call failed with "the value has a control character" instead.
    const environment_variable key("AUDIOSOCKET_TEST_KEY", "hunter2\nX: y");
    expect_pcm_refused({"--key-env", "AUDIOSOCKET_TEST_KEY"}, 2, "AUDIOSOCKET_TEST_KEY: the key has to be one line");
    expect_pcm_refused({"--key-env", "PATH", "--key-file", file("key", "hunter2")}, 2, "not together with --key-env");
}

TEST_F(gateway_options, wrong_files_and_numbers_are_refused) {
    const auto missing = (folder / "missing").string();
    expect_pcm_refused({"--session", missing}, 4, missing);
    for (const std::string content : {"", "{", "[]", "7", R"({"sampleRate":7})", R"({"voice":"marin"})"})
        expect_pcm_refused({"--session", file("session.json", content)}, 4, "session.json: ");
    const auto session = file("session.json", "{}");
    expect_refused({"--dialect", "twilio", "--backend", "ws://127.0.0.1:9/", "--session", session}, 4, session);
    expect_pcm_refused({"--ca", missing}, 4, missing);
    expect_pcm_refused({"--ca", session}, 4, session);
    expect_pcm_refused({"--certificate", missing}, 4, "--certificate: " + missing);
    const certificates good;
    expect_pcm_refused({"--ca", good.authority(), "--certificate", missing}, 4, "--certificate: " + missing);
    expect_pcm_refused({"--certificate-key", session}, 2, "--certificate");
    expect_pcm_refused({"--while-connecting", missing}, 4, missing);
    expect_pcm_refused({"--on-failure", session}, 4, session);
    expect_pcm_refused({"--require-context"}, 2, "give --admin as well");
    expect_pcm_refused({"--connect-timeout", "0"}, 2, "--connect-timeout: ");
    expect_pcm_refused({"--max-duration", "-1"}, 2, "--max-duration: ");
    expect_pcm_refused({"--context-timeout", "0"}, 2, "--context-timeout: ");
    expect_pcm_refused({"--advertise", "no port:x"}, 2, "--advertise: ");
}

// A dialect that needs a set-up reports that before the first call.
TEST_F(gateway_options, missing_session_of_a_dialect_that_needs_one_is_refused) {
    expect_refused({"--dialect", "gemini", "--backend", "ws://127.0.0.1:9/"}, 2, "--session: ");
}

TEST_F(gateway_options, secrets_are_shown_nowhere) {
    const std::string key = "sk-0123456789-key-of-the-test";
    const std::string token = "0123456789-token-of-the-test";
    std::vector<std::string> options{"--dialect",     "openai",
                                     "--key-file",    file("key", key + '\n'),
                                     "--header-file", file("headers", "X-Token: " + token + '\n'),
                                     "--verbose",     "--connect-timeout",
                                     "0.5",           "--backend"};
    std::atomic<int> requests = 0;
    shared_text asked;
    scripted_back_end bot({.decide = [&](const ws::opening_request& request) {
        asked.set(std::string(request.header("Authorization")) + ' ' + std::string(request.header("X-Token")));
        if (requests++ > 0) return ws::opening_answer{};
        return ws::opening_answer{.status = 401, .text = "wrong key " + key + " or token " + token};
    }});
    options.push_back(bot.url("/v1?access=" + token));
    auto printing = options;
    printing.insert(printing.begin(), {"gateway", "--print-config"});
    printing.pop_back(); // options of the command line are printed where they were given
    printing.push_back(bot.url());
    std::string seen = run(printing).out;
    gateway(options);
    auto& caller = long_call();
    EXPECT_TRUE(bot.wait_for(0, [](auto&) { return true; })); // the second try
    for (const std::string what : {"/calls", "/metrics", "/status"})
        seen += get(what).body;
    expect_event(R"("event":"no_backend")");
    EXPECT_EQ(caller.wait(), 0) << caller.out;
    EXPECT_EQ(stop(), 0) << server->err;
    EXPECT_EQ(asked.get(), "Bearer " + key + ' ' + token);
    seen += server->out + server->err;
    EXPECT_NE(seen.find("HTTP 401"), std::string::npos) << seen;
    for (const auto& secret : {key, token})
        EXPECT_EQ(seen.find(secret), std::string::npos) << seen;
}

TEST_F(gateway_options, key_in_the_address_is_shown_nowhere) {
    const std::string key = "0123456789-key-of-the-test";
    const environment_variable variable("AUDIOSOCKET_TEST_KEY", key);
    shared_text asked;
    scripted_back_end bot({.decide = [&](const ws::opening_request& request) {
        asked.set(request.target);
        return ws::opening_answer{.status = 403, .text = "no such key: " + key};
    }});
    gateway({"--dialect", "gemini", "--key-env", "AUDIOSOCKET_TEST_KEY", "--session",
             file("session.json", R"({"model":"models/x"})"), "--verbose", "--backend", bot.url("/live")});
    EXPECT_TRUE(converse().hung_up());
    EXPECT_EQ(stop(), 0) << server->err;
    EXPECT_EQ(asked.get(), "/live?key=" + key);
    const auto seen = server->out + server->err;
    EXPECT_NE(seen.find("HTTP 403"), std::string::npos) << seen;
    EXPECT_EQ(seen.find(key), std::string::npos) << seen;
}

TEST_F(gateway_options, reload_takes_another_back_end_for_new_calls) {
    scripted_back_end first;
    scripted_back_end second(plays(numbers(800)));
    const auto settings = [&](const std::string& text) { return file("gateway.toml", "dialect = \"pcm\"\n" + text); };
    gateway({"--config", settings("backend = \"" + first.url() + "\"\n")});
    auto& before = long_call();
    EXPECT_TRUE(first.wait_for(0, [](auto&) { return true; }));
    settings("backend = \"nowhere\"\n");
    server->signal(SIGHUP);
    expect_event(R"("event":"reload_failed")");
    EXPECT_TRUE(server->wait_for_errors("gateway.toml:2:11: backend: ")) << server->err;
    settings("backend = \"" + second.url() + "\"\n");
    server->signal(SIGHUP);
    expect_event(R"("event":"reloaded")");
    expect_heard(converse(), numbers(800));
    EXPECT_EQ(first.visits(), 1U);
    first.with(0, [](auto& one) { // the previous call has kept it
        one.play(numbers(160));
        one.close();
    });
    EXPECT_EQ(before.wait(), 0) << before.out;
    EXPECT_EQ(stop(), 0) << server->err;
}

TEST_F(gateway_options, sigterm_lets_calls_go_on_to_their_end) {
    scripted_back_end bot;
    gateway({"--dialect", "pcm", "--backend", bot.url()});
    recorded_call caller(where, folder / "heard.slin");
    EXPECT_TRUE(bot.wait_for(0, [](auto& one) { return !one.samples.empty(); }));
    server->signal(SIGTERM);
    EXPECT_TRUE(eventually([&] { return get("/readyz").status != 200; }));
    bot.with(0, [](auto& one) {
        one.play(numbers(1600));
        one.close();
    });
    EXPECT_EQ(caller.caller().wait(), 0) << caller.caller().out;
    expect_whole(numbers(1600), caller.heard());
    EXPECT_EQ(server->wait(), 0) << server->err;
}

TEST_F(gateway_options, end_of_the_drain_hangs_up_and_closes_in_order) {
    scripted_back_end bot;
    gateway({"--dialect", "twilio", "--backend", bot.url(), "--drain-timeout", "0"});
    auto& caller = long_call();
    EXPECT_TRUE(bot.wait_for(0, [](auto& one) { return one.texts.size() > 2; }));
    EXPECT_EQ(stop(), 0) << server->err;
    EXPECT_EQ(caller.wait(), 0) << caller.out;
    ASSERT_TRUE(bot.wait_for(0, has_closed));
    bot.with(0, [](auto& one) {
        EXPECT_EQ(one.closed->code, 1000);
        EXPECT_EQ(one.texts.back().at("event"), "stop");
    });
}

// Each call has a WebSocket, and tools have connections to a web server: neither was counted.
TEST_F(gateway_options, calls_whose_back_end_would_have_no_file_are_refused_with_a_warning) {
    const auto remarks = [&](const std::string& more) {
        process checked(
            {"/bin/sh", "-c",
             "ulimit -n 1000; exec \"$0\" gateway --dialect pcm --backend ws://127.0.0.1:9/ --max-calls 800 "
             "--check-config " +
                 more,
             AUDIOSOCKET_COMMAND});
        EXPECT_EQ(checked.wait(), 0) << checked.err;
        return checked.err;
    };
    EXPECT_NE(remarks("").find("--max-calls 800 needs 1823 open files, 2 for each call, and the system allows 1000: "
                               "more than 388 calls will be refused"),
              std::string::npos)
        << remarks("");
    const auto with_tools = remarks("--tool-url http://127.0.0.1:9/ --status-url http://127.0.0.1:9/");
    EXPECT_NE(with_tools.find("needs 2095 open files"), std::string::npos) << with_tools;
    EXPECT_NE(with_tools.find("more than 325 calls"), std::string::npos) << with_tools;
}
