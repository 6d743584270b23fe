// SPDX-License-Identifier: Apache-2.0
#include "hand_over_test.hpp"
#include "http_client.hpp"
#include "scripted_back_end.hpp"

#include <algorithm>
#include <fstream>

using namespace audiosocket;
using namespace audiosocket::test;

namespace {

class gateway_hand_over : public hand_over_test {
  protected:
    // A gateway that answers only announced calls, run from this executable.
    void start_announced(const scripted_back_end& bot, const std::filesystem::path& executable,
                         std::vector<std::string> options = {}) {
        options.insert(options.begin(),
                       {executable.string(), "gateway", "--listen", "127.0.0.1:0", "--json", "--dialect", "pcm",
                        "--backend", bot.url("/{from}"), "--admin", "127.0.0.1:0", "--require-context"});
        server = std::make_unique<process>(std::move(options));
        ASSERT_TRUE(server->wait_for_output_times(2, "\n")) << server->err;
        where = boost::json::parse(server->out.substr(0, server->out.find('\n'))).at("address").as_string().c_str();
        const auto port = server->out.find(R"("port":)", server->out.find(R"("event":"admin")"));
        admin_ = {boost::asio::ip::address_v4::loopback(),
                  static_cast<std::uint16_t>(std::stoi(server->out.substr(port + 7)))};
    }

    static std::string id(int number) { return "40325ec2-5efd-4bd3-805f-" + std::to_string(100'000'000'000 + number); }

    // A process that has handed over may still accept the connection and answer 503. So that is repeated.
    int announce(int number, const std::string& what) const {
        int status = 503;
        eventually([&] {
            status = ask(admin_, "PUT /calls/" + id(number), "Content-Type: application/json\r\n", what).status;
            return status != 503;
        });
        return status;
    }
    double metric(const std::string& name) const { return ask(admin_, "GET /metrics").metric(name); }

    raw_peer::tcp::endpoint admin_;
};

// Plays a little audio and hangs up.
scripted_back_end::script hangs_up() {
    return {.opened = [](auto& one) {
        one.play(numbered_samples().take(160));
        one.close();
    }};
}

constexpr std::size_t context_bytes_max = 16 * 1024;

std::string largest_context() {
    const std::string head = R"({"from":"1","x":")";
    return head + std::string(context_bytes_max - head.size() - 2, 'x') + "\"}";
}

} // namespace

TEST_F(gateway_hand_over, calls_stay_with_their_back_ends_and_new_ones_reach_the_successor) {
    scripted_back_end bot;
    start_verb("gateway", {"--dialect", "pcm", "--backend", bot.url()});
    recorded_call before(where, folder / "before.slin");
    ASSERT_TRUE(bot.wait_for(0, [](auto& one) { return !one.samples.empty(); }));
    hand_over();
    recorded_call after(where, folder / "after.slin");
    ASSERT_TRUE(bot.wait_for(1, [](auto& one) { return !one.samples.empty(); }));
    for (const std::size_t which : {0U, 1U}) {
        bot.with(which, [](auto& one) {
            EXPECT_FALSE(one.closed);
            one.play(numbered_samples().take(1600));
            one.close();
        });
    }
    for (auto* caller : {&before, &after}) {
        EXPECT_EQ(caller->caller().wait(), 0) << caller->caller().out;
        expect_whole(numbers(1600), caller->heard());
    }
    stop_last();
}

TEST_F(gateway_hand_over, announced_call_is_known_to_the_successor_once) {
    scripted_back_end bot(hangs_up());
    start_announced(bot, AUDIOSOCKET_COMMAND);
    EXPECT_EQ(announce(1, R"({"from":"used"})"), 200);
    EXPECT_EQ(call({"--id", id(1)}).code, 0);
    EXPECT_EQ(announce(2, R"({"from":"waits"})"), 200);
    hand_over();
    EXPECT_TRUE(server->wait_for_errors("1 announced calls were taken over")) << server->err;
    EXPECT_EQ(ask(admin_, "GET /calls/" + id(2) + "/context").body, "{\"from\":\"waits\"}\n");
    EXPECT_EQ(call({"--id", id(2)}).code, 0);
    EXPECT_EQ(call({"--id", id(2)}).code, 0); // not known now: hung up
    EXPECT_EQ(call({"--id", id(1)}).code, 0); // used before
    EXPECT_EQ(bot.requests(), 2U);
    bot.with(1, [](auto& one) { EXPECT_EQ(one.asked.target, "/waits"); });
    hand_over(); // nothing waits
    EXPECT_EQ(announce(3, R"({"from":"new"})"), 200);
    EXPECT_EQ(call({"--id", id(3)}).code, 0);
    EXPECT_EQ(bot.requests(), 3U);
    stop_last();
}

// More than fits into the buffers of a socket. Each is of the largest size.
TEST_F(gateway_hand_over, many_announcements_of_the_largest_size_survive_two_hand_overs) {
    constexpr int count = 300;
    scripted_back_end bot(hangs_up());
    start_announced(bot, AUDIOSOCKET_COMMAND, {"--context-timeout", "3600"});
    const auto context = largest_context();
    for (int i = 0; i < count; ++i)
        ASSERT_EQ(announce(i, context), 200) << i;
    for (int round = 1; round <= 2; ++round) {
        server->err.clear(); // of the round before
        hand_over();
        // Before the next signal, which is refused while they arrive.
        ASSERT_TRUE(server->wait_for_errors("300 announced calls were taken over")) << server->err;
        EXPECT_EQ(metric("audiosocket_contexts"), count);
        EXPECT_EQ(metric("audiosocket_contexts_bytes"), static_cast<double>(count * context_bytes_max));
    }
    EXPECT_EQ(ask(admin_, "GET /calls/" + id(count - 1) + "/context").body, context + "\n");
    EXPECT_EQ(call({"--id", id(0)}).code, 0);
    EXPECT_EQ(bot.requests(), 1U);
    stop_last();
}

// The script is between the two: each of them takes the other for an earlier version, which has a pipe here, writes a
// byte and closes it.
TEST_F(gateway_hand_over, successor_of_an_earlier_version_loses_announcements_and_nothing_else) {
    scripted_back_end bot(hangs_up());
    const auto executable = folder / "audiosocket";
    std::filesystem::create_symlink(AUDIOSOCKET_COMMAND, executable);
    start_announced(bot, executable);
    EXPECT_EQ(announce(1, R"({"from":"lost"})"), 200);
    std::filesystem::remove(executable);
    const auto pipe = (folder / "ready").string();
    std::ofstream(executable) << "#!/bin/sh\nmkfifo '" << pipe << "'\ncat '" << pipe << "' >&5 &\nexec 5>'" << pipe
                              << "'\nexec " AUDIOSOCKET_COMMAND " \"$@\"\n";
    std::filesystem::permissions(executable, std::filesystem::perms::owner_all);
    hand_over();
    EXPECT_TRUE(server->wait_for_errors("1 announced calls have not arrived, and the new process does not know them"))
        << server->err;
    EXPECT_EQ(call({"--id", id(1)}).code, 0); // hung up at once
    EXPECT_EQ(bot.requests(), 0U);
    EXPECT_EQ(announce(2, R"({"from":"new"})"), 200);
    EXPECT_EQ(call({"--id", id(2)}).code, 0);
    EXPECT_EQ(bot.requests(), 1U);
    stop_last();
}
