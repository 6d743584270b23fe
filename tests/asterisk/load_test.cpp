// SPDX-License-Identifier: Apache-2.0
// All tests that need a minute, in one minute.

#include "asterisk_test.hpp"

#include "support/busy_machine.hpp"

using namespace audiosocket;
using namespace audiosocket::test;

namespace {

class asterisk_load : public asterisk_test {
  protected:
    // The server's events of this name, in order.
    std::vector<boost::json::object> events(const std::string& name) const {
        std::vector<boost::json::object> out;
        std::istringstream lines(server->out);
        for (std::string line; std::getline(lines, line);) {
            auto object = boost::json::parse(line).as_object();
            if (object.at("event").as_string() == name) out.push_back(std::move(object));
        }
        return out;
    }
};

} // namespace

TEST_F(asterisk_load, realtime_minute_of_50_calls_and_of_silence_leaves_no_warning) {
    const busy_machine machine;
    constexpr std::size_t count = 50;
    const auto welcome = std::filesystem::path(AUDIOSOCKET_SOUNDS) / "welcome.wav";
    serve({"--play", welcome.string(), "--loop", "--exit-after", std::to_string(count)});
    start_asterisk(where);
    write_prompt(numbers(8000 * 10));

    // Two calls without any sound run beside them: only the frames of silence keep them.
    answerer quiet;
    asterisk->rx("dialplan set global SERVER " + quiet.where());
    for (const std::string way : {"application", "channel"})
        asterisk->originate(way, "wait-60");
    ASSERT_FALSE(quiet.wait_for(2, [](const auto&) { return true; }).empty());
    asterisk->rx("dialplan set global SERVER " + where);
    for (std::size_t i = 0; i < count; ++i)
        asterisk->originate(i % 2 == 0 ? "application" : "channel", "talk-60");

    EXPECT_EQ(server->wait(), 0) << server->err;
    const auto ends = events("ended");
    ASSERT_EQ(ends.size(), count);
    for (const auto& end : ends) {
        const double seconds = end.at("seconds").to_number<double>();
        const auto& counted = end.at("statistics").as_object();
        const auto reason = end.at("reason").as_string();
        // Asterisk resets the connection when it hangs up with unread audio.
        EXPECT_TRUE(reason == name(end_reason::peer_hung_up) || reason == name(end_reason::peer_reset)) << end;
        EXPECT_GT(seconds, 59) << end;
        EXPECT_EQ(counted.at("frames_dropped").to_number<int>(), 0) << end;
        // Frames that we skipped on a busy machine were due as well; there must be few.
        const double sent = counted.at("frames_sent").to_number<double>();
        const double left_out = counted.at("skipped_frames").to_number<double>();
        in_real_time(machine, [&] {
            EXPECT_NEAR((sent + left_out) / seconds, 50.0, 0.05) << end;
            EXPECT_LT(left_out, 0.02 * sent) << end;
            EXPECT_GT(counted.at("frames_received").to_number<double>() / seconds, 49.0) << end;
        });
    }

    const auto silent = quiet.wait_for(2, [](const auto& r) { return !r.ends.empty(); });
    ASSERT_EQ(silent.size(), 2U) << "a silent call outlived its caller";
    const std::string log = asterisk->log();
    const auto count_of = [&](const std::string& text) {
        std::size_t found = 0;
        for (auto at = log.find(text); at != log.npos; at = log.find(text, at + 1))
            ++found;
        return found;
    };
    EXPECT_EQ(count_of("[wait-60@phone:2]"), 2U) << "a silent call was dropped within the minute";
    // AudioSocket() logs one warning for each caller who hangs up. There must be no other.
    EXPECT_LE(count_of("] WARNING["), count / 2 + 1);
    EXPECT_EQ(count_of("] ERROR["), 0U);
    std::cout << "Asterisk's log: " << count_of("] WARNING[") << " warnings\n" << asterisk->complaints();
}
