#include "command_test.hpp"

#include <list>

using namespace audiosocket;
using namespace audiosocket::test;

namespace {

// A server whose calls live on several threads is, to those who call it, the same server.
class serve_shards : public command_test {
  protected:
    // Callers that play a file and record what they hear, together.
    void call_together(std::size_t how_many) {
        const auto said = numbered_file("said.wav", 8000).string();
        std::list<process> callers;
        for (std::size_t n = 0; n < how_many; ++n)
            callers.emplace_back(command({"call", where, "--play", said, "--record", heard(n).string(), "--dtmf", "5",
                                          "--dtmf-after", "0.2", "--duration", "1.6", "--json"}));
        for (process& one : callers)
            EXPECT_EQ(one.wait(), 0) << one.out << one.err;
    }

    std::filesystem::path heard(std::size_t n) const { return folder / ("heard" + std::to_string(n) + ".slin"); }

    std::size_t told(const std::string& what) const {
        std::size_t times = 0;
        for (auto at = server->out.find(what); at != std::string::npos; at = server->out.find(what, at + 1))
            ++times;
        return times;
    }
};

} // namespace

TEST_F(serve_shards, calls_that_come_together_are_echoed_recorded_and_told) {
    constexpr std::size_t calls = 8;
    const auto recordings = folder / "calls";
    serve({"--shards", "3", "--echo", "--record", recordings.string(), "--exit-after", std::to_string(calls)});
    call_together(calls);
    EXPECT_EQ(server->wait(), 0) << server->err;
    EXPECT_EQ(told(R"("event":"started")"), calls);
    EXPECT_EQ(told(R"("digit":"5")"), calls);
    EXPECT_EQ(told(R"("event":"ended")"), calls);

    const auto said = numbers(8000);
    for (std::size_t n = 0; n < calls; ++n) {
        const auto samples = read_mono(heard(n));
        EXPECT_NE(place_of(said, samples), nowhere) << how_far(said, samples);
    }
    std::size_t files = 0;
    for (const auto& file : std::filesystem::directory_iterator(recordings)) {
        ++files;
        const auto left = channel(file.path(), 0);
        EXPECT_NE(place_of(said, left), nowhere) << how_far(said, left);
    }
    EXPECT_EQ(files, calls);
}

TEST_F(serve_shards, sigterm_drains_and_a_second_one_hangs_up_on_all_threads) {
    serve({"--shards", "2", "--echo"});
    std::list<process> callers;
    for (int i = 0; i < 4; ++i)
        callers.emplace_back(command({"call", where, "--duration", "60", "--json"}));
    for (int seconds = 0; seconds < 20 && told(R"("event":"started")") < callers.size(); ++seconds)
        server->wait_for_output("nothing of the sort", std::chrono::seconds(1));
    server->signal(SIGTERM);
    ASSERT_TRUE(server->wait_for_output(R"("reason":"SIGTERM","calls":4,"drain_seconds":80)")) << server->out;
    server->signal(SIGTERM);
    for (process& one : callers) {
        EXPECT_EQ(one.wait(), 0) << one.out << one.err;
        EXPECT_NE(one.out.find(R"("reason":"peer hung up")"), std::string::npos) << one.out;
    }
    EXPECT_EQ(server->wait(), 0) << server->err;
}
