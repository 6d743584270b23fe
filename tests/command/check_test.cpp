// SPDX-License-Identifier: Apache-2.0
#include "command_test.hpp"

#include "support/busy_machine.hpp"

#include <boost/json/array.hpp>

using namespace audiosocket;
using namespace audiosocket::test;

namespace {

// The suite as users run it. tests/check shows that each case can fail.
class check_command : public command_test {
  protected:
    outcome check(std::vector<std::string> options) {
        options.insert(options.begin(), {"check", where});
        return run(std::move(options));
    }

    static std::string failures(const outcome& o) {
        std::string text;
        const auto report = o.json();
        for (const auto& c : report.at("cases").as_array())
            if (c.at("outcome").as_string() == "failed")
                text +=
                    std::to_string(c.at("number").to_number<int>()) + ": " + c.at("seen").as_string().c_str() + "\n";
        return text;
    }
};

} // namespace

// The measure: our own server passes all cases by the strictest reading, SIGTERM included.
TEST_F(check_command, realtime_serve_passes_every_case_strictly) {
    const busy_machine machine;
    serve({"--echo", "--requests", "--id-timeout", "1", "--max-calls", "30", "--drain-timeout", "2"});
    const auto junit = (folder / "report.xml").string();
    const auto result = check({"--strict", "--json", "--junit", junit, "--id-timeout", "1", "--max-calls", "30",
                               "--server-pid", std::to_string(server->id()), "--stop", "--drain-timeout", "2"});
    ASSERT_TRUE(result.code == 0 || result.code == 1) << result.err;
    EXPECT_EQ(server->wait(), 0);
    std::ifstream file(junit);
    const std::string xml{std::istreambuf_iterator<char>(file), {}};
    in_real_time(machine, [&] {
        EXPECT_EQ(result.code, 0) << failures(result) << result.err;
        EXPECT_EQ(result.json().at("failed").to_number<int>(), 0);
        EXPECT_GE(result.json().at("passed").to_number<int>(), 47); // of 60; 7 last long, 1 needs a successor
        EXPECT_NE(xml.find("tests=\"60\" failures=\"0\" skipped=\"8\""), std::string::npos) << xml.substr(0, 300);
    });
}

// The long cases, shortened to a minute: thousands of connections, 60 s of pacing and of silence, a short soak.
TEST_F(check_command, realtime_serve_passes_the_long_cases_strictly) {
    const busy_machine machine;
    serve({"--echo", "--requests", "--id-timeout", "2", "--max-calls", "800"});
    const auto result =
        check({"--strict", "--json", "--only", "38,39,41,42,48,52,53", "--long", "--soak", "50", "--connections", "900",
               "--id-timeout", "2", "--server-pid", std::to_string(server->id())});
    EXPECT_EQ(stop(), 0);
    ASSERT_TRUE(result.code == 0 || result.code == 1) << result.err;
    in_real_time(machine, [&] {
        EXPECT_EQ(result.code, 0) << failures(result) << result.err;
        EXPECT_EQ(result.json().at("passed").to_number<int>(), 7);
    });
}

TEST_F(check_command, cases_can_be_listed_and_chosen) {
    const auto list = run({"check", "--list"});
    EXPECT_EQ(list.code, 0);
    for (const std::string word :
         {"Lifecycle", "Framing", "Output", "Load and faults", "53", "Sound", "58", "Hostile callers", "60", "why:"})
        EXPECT_NE(list.out.find(word), std::string::npos) << word;
    const auto some = run({"check", "--list", "--json", "--only", "framing,3,50-51"});
    EXPECT_EQ(some.json().as_array().size(), 15U + 3U) << some.out;

    serve({"--echo"});
    const auto result = check({"--only", "1,13"});
    EXPECT_EQ(result.code, 0) << result.out;
    EXPECT_NE(result.out.find("2 passed, 0 failed, 0 skipped"), std::string::npos) << result.out;
    EXPECT_EQ(stop(), 0);
}

TEST_F(check_command, server_that_does_not_echo_is_judged_by_the_rest) {
    serve({"--tone", "440"});
    const auto result = check({"--json", "--only", "1,19,36"});
    EXPECT_EQ(result.code, 0) << failures(result);
    EXPECT_EQ(result.json().at("passed").to_number<int>(), 2);
    EXPECT_EQ(result.json().at("skipped").to_number<int>(), 1);
    EXPECT_FALSE(result.json().at("echoes").as_bool());
    EXPECT_EQ(stop(), 0);
}

TEST_F(check_command, client_that_keeps_the_rules_passes) {
    process judge(command({"check", "--client", "--strict", "--json", "127.0.0.1:0"}));
    ASSERT_TRUE(judge.wait_for_errors("127.0.0.1:")) << judge.err;
    const auto at = judge.err.find("127.0.0.1:");
    const auto port = judge.err.substr(at, judge.err.find('\n', at) - at);
    process caller(command({"call", port, "--duration", "100", "--dtmf", "12", "--dtmf-after", "0.2", "-q"}));
    EXPECT_EQ(judge.wait(), 0) << judge.out;
    const auto report = boost::json::parse(judge.out);
    EXPECT_EQ(report.at("failed").to_number<int>(), 0) << judge.out;
    EXPECT_EQ(report.at("passed").to_number<int>(), 12) << judge.out;
    caller.wait(); // it says correctly that Asterisk would have ended the call
    EXPECT_NE(caller.out.find("ends early on"), std::string::npos) << caller.out;
}

TEST_F(check_command, client_that_breaks_the_rules_gets_each_violation) {
    process judge(command({"check", "--client", "--json", "127.0.0.1:0", "--duration", "0.5"}));
    ASSERT_TRUE(judge.wait_for_errors("127.0.0.1:")) << judge.err;
    const auto port = judge.err.substr(judge.err.rfind(':') + 1);
    raw_peer peer({boost::asio::ip::address_v4::loopback(), static_cast<std::uint16_t>(std::stoi(port))});
    const auto id = id_message(uuid::random()).to_bytes();
    peer.send(id);
    peer.send(id);                                            // 102: a second id
    peer.send({std::byte{0x03}, std::byte{0}, std::byte{0}}); // 104: a digit of no bytes
    peer.send({std::byte{0x10}, std::byte{0}, std::byte{0}}); // 105: audio of no bytes
    peer.send({std::byte{0x42}, std::byte{0}, std::byte{0}}); // 103: an unknown kind
    EXPECT_EQ(judge.wait(), 1);
    std::vector<int> failed;
    const auto report = boost::json::parse(judge.out);
    for (const auto& c : report.at("cases").as_array())
        if (c.at("outcome").as_string() == "failed") failed.push_back(c.at("number").to_number<int>());
    EXPECT_EQ(failed, (std::vector{102, 103, 104, 105, 112})) << judge.out; // 112: it never closes
}

// --- call --as: the same server, and how each release reads it ---

TEST_F(check_command, call_as_a_release_ends_where_that_release_ends) {
    boost::asio::io_context io;
    raw_peer::tcp::acceptor acceptor(io, {boost::asio::ip::address_v4::loopback(), 0});
    const auto place = "127.0.0.1:" + std::to_string(acceptor.local_endpoint().port());
    bytes one(header_bytes + 320);
    write_header({kind::slin, 320}, std::span(one).first<header_bytes>());
    for (const std::string release : {"22.7", "22.10"}) {
        process caller(command({"call", place, "--as", release, "--duration", "1", "--json"}));
        raw_peer peer(acceptor);
        peer.receive_bytes(19);
        peer.send(bytes(one.begin(), one.begin() + 1));
        EXPECT_TRUE(peer.wait_until_read()); // the case needs the pause
        peer.send(bytes(one.begin() + 1, one.end()));
        caller.wait();
        const auto as = boost::json::parse(caller.out).at("as");
        EXPECT_EQ(as.at("release").as_string(), release);
        EXPECT_EQ(as.at("result").as_string(), release == "22.7" ? "call ended" : "kept") << caller.out;
        EXPECT_EQ(boost::json::parse(caller.out).at("releases").as_array().size(), 7U);
    }
}

TEST_F(check_command, call_as_any_release_is_happy_with_serve) {
    serve({"--echo"});
    for (const std::string release : {"18", "20.14", "20.17", "22.5", "22.7", "22.10", "23.3"})
        for (const bool dial : {false, true}) {
            std::vector<std::string> options{"--as", "asterisk-" + release, "--duration", "0.4", "--json"};
            if (dial) options.emplace_back("--dial");
            const auto result = call(std::move(options));
            EXPECT_EQ(result.code, 0) << result.out << result.err;
            EXPECT_EQ(result.json().at("as").at("result").as_string(), "kept") << result.out;
            EXPECT_GT(result.json().at("frames").to_number<int>(), 1) << release; // of 20, if it is never late
        }
    EXPECT_EQ(stop(), 0);
}
