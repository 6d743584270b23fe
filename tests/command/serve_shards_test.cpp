// SPDX-License-Identifier: Apache-2.0
#include "command_test.hpp"

#include <list>

using namespace audiosocket;
using namespace audiosocket::test;

namespace {

// For its callers, a server whose calls live on several threads is the same server.
class serve_shards : public command_test {
  protected:
    // Callers that play a file and record what they hear, all at the same time.
    void call_together(std::size_t how_many, std::list<recorded_call>& callers) const {
        const auto said = numbered_file("said.wav", 8000).string();
        for (std::size_t n = 0; n < how_many; ++n)
            callers.emplace_back(where, folder / ("heard" + std::to_string(n) + ".slin"),
                                 std::vector<std::string>{"--play", said, "--dtmf", "5", "--dtmf-after", "0.2"});
        for (recorded_call& one : callers)
            EXPECT_TRUE(one.wait_for_sound(8000));
        EXPECT_TRUE(server->wait_for_output_times(how_many, R"("digit":"5")")) << server->out;
        for (recorded_call& one : callers)
            EXPECT_EQ(one.hang_up(), 0) << one.caller().out << one.caller().err;
    }
};

} // namespace

TEST_F(serve_shards, calls_that_come_together_are_echoed_recorded_and_reported) {
    constexpr std::size_t calls = 8;
    const auto recordings = folder / "calls";
    serve({"--shards", "3", "--echo", "--record", recordings.string(), "--exit-after", std::to_string(calls)});
    std::list<recorded_call> callers;
    call_together(calls, callers);
    EXPECT_EQ(server->wait(), 0) << server->err;
    EXPECT_EQ(server->times_said(R"("event":"started")"), calls);
    EXPECT_EQ(server->times_said(R"("digit":"5")"), calls);
    EXPECT_EQ(server->times_said(R"("event":"ended")"), calls);

    const auto said = numbers(8000);
    for (const recorded_call& one : callers)
        expect_in_order(said, one.heard());
    std::size_t files = 0;
    for (const auto& file : std::filesystem::directory_iterator(recordings)) {
        ++files;
        expect_in_order(said, channel(file.path(), 0));
    }
    EXPECT_EQ(files, calls);
}

TEST_F(serve_shards, sigterm_drains_and_a_second_one_hangs_up_on_all_threads) {
    serve({"--shards", "2", "--echo"});
    std::list<process> callers;
    for (int i = 0; i < 4; ++i)
        callers.emplace_back(command({"call", where, "--duration", "100", "--json"}));
    ASSERT_TRUE(server->wait_for_output_times(callers.size(), R"("event":"started")")) << server->out;
    server->signal(SIGTERM);
    ASSERT_TRUE(server->wait_for_output(R"("reason":"SIGTERM","calls":4,"drain_seconds":80)")) << server->out;
    server->signal(SIGTERM);
    for (process& one : callers) {
        EXPECT_EQ(one.wait(), 0) << one.out << one.err;
        EXPECT_NE(one.out.find(R"("reason":"peer hung up")"), std::string::npos) << one.out;
    }
    EXPECT_EQ(server->wait(), 0) << server->err;
}
