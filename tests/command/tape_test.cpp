// SPDX-License-Identifier: Apache-2.0
// Tapes of the gateway: kept, shown, and replayed.
#include "gateway_test.hpp"

#include <boost/json/object.hpp>

#include <functional>
#include <iterator>

using namespace audiosocket;
using namespace audiosocket::test;
namespace json = boost::json;

namespace {

class tapes : public gateway_test {
  protected:
    std::unique_ptr<process> start_back_end(std::vector<std::string> options) {
        options.insert(options.begin(), {"backend", "--listen", "127.0.0.1:0", "--json"});
        auto bot = std::make_unique<process>(command(std::move(options)));
        EXPECT_TRUE(bot->wait_for_output("\n")) << bot->err;
        const auto first = json::parse(bot->out.substr(0, bot->out.find('\n')));
        url_ = "ws://127.0.0.1:" + std::to_string(first.at("port").as_int64()) + "/bot?token=secret";
        return bot;
    }

    // Returns the only tape, once its process has ended.
    std::filesystem::path the_tape(const std::string& folder_name = "tapes") const {
        std::vector<std::filesystem::path> all;
        for (const auto& one : std::filesystem::directory_iterator(folder / folder_name))
            all.push_back(one.path());
        EXPECT_EQ(all.size(), 1U);
        return all.empty() ? std::filesystem::path() : all.front();
    }

    // Calls an echo through a gateway that keeps tapes.
    std::filesystem::path taped_call() {
        const auto bot = start_back_end({"--dialect", "twilio", "--echo"});
        gateway({"--dialect", "twilio", "--backend", url_, "--header", "X-Key: very-secret", "--tape",
                 (folder / "tapes").string()});
        const auto result =
            call({"--play", numbered_file("said.wav", 8000).string(), "--dtmf", "5", "--duration", "2", "--json"});
        EXPECT_EQ(result.code, 0) << result.err;
        EXPECT_EQ(stop(), 0);
        return the_tape();
    }

    static std::string text_of(const std::filesystem::path& file) {
        std::ifstream in(file, std::ios::binary);
        return {std::istreambuf_iterator<char>(in), {}};
    }

    outcome replay(const std::filesystem::path& tape, std::vector<std::string> options = {}) {
        options.insert(options.begin(),
                       {"gateway", "--dialect", "twilio", "--backend", url_, "--replay", tape.string()});
        return run(std::move(options));
    }

    std::string url_;
};

} // namespace

TEST_F(tapes, call_is_kept_shown_and_replayed) {
    const auto tape = taped_call();
    EXPECT_TRUE(tape.filename().string().ends_with("Z.tape")) << tape;
    const auto text = text_of(tape);
    EXPECT_EQ(text.find("secret"), std::string::npos); // neither in the address nor in the header

    const auto shown = run({"inspect", tape.string()});
    EXPECT_EQ(shown.code, 0) << shown.err;
    for (const char* part :
         {"dialect twilio, back end ws://127.0.0.1:", "start: {", "digit 5", "media x ", "play x ", "the call ended: "})
        EXPECT_NE(shown.out.find(part), std::string::npos) << part << '\n' << shown.out;

    const auto bot = start_back_end({"--dialect", "twilio", "--echo", "--exit-after", "1"});
    const auto again = folder / "again";
    const auto replayed = replay(tape, {"--json", "--tape", again.string()});
    EXPECT_EQ(replayed.code, 0) << replayed.out << replayed.err;
    const auto result = replayed.json();
    EXPECT_TRUE(result.at("good").as_bool());
    for (const char* side : {"tape", "replay"}) {
        const auto& sums = result.at(side);
        EXPECT_EQ(sums.at("connections"), 1) << side;
        EXPECT_EQ(sums.at("digits"), 1) << side;
        EXPECT_GT(sums.at("audio_seconds").to_number<double>(), 0) << side;
        EXPECT_EQ(sums.at("received").at("media").is_number(), true) << side;
    }
    EXPECT_EQ(bot->wait(), 0) << bot->out; // it found no violation
    EXPECT_EQ(run({"inspect", the_tape("again").string()}).code, 0);
}

// In a replay the back end hears what the first one heard. If a process was late, there is more silence in it.
TEST_F(tapes, replayed_caller_says_the_same_samples) {
    const auto sound_of = [](scripted_back_end& bot) {
        std::vector<std::int16_t> sound;
        bot.with(0, [&](auto& one) { std::ranges::copy_if(one.samples, std::back_inserter(sound), std::identity()); });
        return sound;
    };
    scripted_back_end first;
    gateway({"--dialect", "pcm", "--backend", first.url(), "--tape", (folder / "tapes").string()});
    EXPECT_EQ(call({"--play", numbered_file("said.wav", 8000).string(), "--duration", "2"}).code, 0);
    EXPECT_EQ(stop(), 0);
    ASSERT_TRUE(first.wait_for(0, has_closed));

    scripted_back_end second;
    const auto replayed =
        run({"gateway", "--dialect", "pcm", "--backend", second.url(), "--replay", the_tape().string()});
    EXPECT_EQ(replayed.code, 0) << replayed.out << replayed.err;
    EXPECT_NE(replayed.out.find("caller audio"), std::string::npos) << replayed.out;
    ASSERT_TRUE(second.wait_for(0, has_closed));
    EXPECT_GT(sound_of(first).size(), 0U);
    EXPECT_TRUE(sound_of(first) == sound_of(second)) << sound_of(first).size() << ' ' << sound_of(second).size();
}

TEST_F(tapes, replay_fails_where_the_back_end_does_not_do_as_on_the_tape) {
    const auto tape = taped_call();
    {
        scripted_back_end silent;
        url_ = silent.url();
        const auto result = replay(tape);
        EXPECT_EQ(result.code, 1) << result.err;
        EXPECT_NE(result.out.find("FAILED: the back end did not speak"), std::string::npos) << result.out;
    }
    const auto result = replay(tape); // it has ended
    EXPECT_EQ(result.code, 1) << result.err;
    EXPECT_NE(result.out.find("FAILED: the back end cannot be reached"), std::string::npos) << result.out;
}

TEST_F(tapes, damaged_tape_is_shown_as_far_as_it_goes) {
    const auto tape = folder / "cut.tape";
    std::ofstream(tape) << R"({"audiosocket_tape":1,"id":"40325ec2-5efd-4bd3-805f-53576e581d13","dialect":"pcm"})"
                        << '\n'
                        << R"({"t":1,"what":"digit","digit":"7"})" << '\n'
                        << R"({"t":2,"wh)";
    const auto shown = run({"inspect", tape.string()});
    EXPECT_EQ(shown.code, 1);
    EXPECT_NE(shown.out.find("digit 7"), std::string::npos) << shown.out;
    EXPECT_NE(shown.out.find("DAMAGED: line 3"), std::string::npos) << shown.out;
    EXPECT_EQ(run({"inspect", tape.string(), "--svg", "x.svg"}).code, 2);
}

TEST_F(tapes, what_is_not_a_tape_cannot_be_replayed) {
    url_ = "ws://127.0.0.1:1/";
    const auto sound = numbered_file("a.wav", 100);
    const auto refused = replay(sound);
    EXPECT_EQ(refused.code, 4);
    EXPECT_NE(refused.err.find("a.wav: line 1"), std::string::npos) << refused.err;
    EXPECT_EQ(replay(folder / "missing.tape").code, 4);
    EXPECT_EQ(run({"gateway", "--dialect", "pcm", "--backend", url_, "--tape", "/proc/tapes"}).code, 4);
}
