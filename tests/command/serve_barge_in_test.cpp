// SPDX-License-Identifier: Apache-2.0
#include "command_test.hpp"

#include "support/busy_machine.hpp"

#include <algorithm>
#include <sstream>

using namespace audiosocket;
using namespace audiosocket::test;

namespace {

// A caller who presses a key while a sound is played to them.
class serve_barge_in : public command_test {
  protected:
    // Returns what is heard in the next frames of 20 ms at 8 kHz.
    static std::vector<std::int16_t> hear(raw_peer& peer, std::size_t frames) {
        std::vector<std::int16_t> out;
        for (const auto& m : messages_in(peer.receive_bytes(frames * 323)))
            for (std::size_t i = 0; i + 1 < m.payload.size(); i += 2)
                out.push_back(static_cast<std::int16_t>(std::to_integer<unsigned>(m.payload[i]) |
                                                        std::to_integer<unsigned>(m.payload[i + 1]) << 8));
        return out;
    }

    static std::ptrdiff_t sounding(const std::vector<std::int16_t>& samples) {
        return std::ranges::count_if(samples, [](auto s) { return s != 0; });
    }

    // Returns how many samples that are not silence come before the first frame of silence, within ten seconds.
    static std::ptrdiff_t sounding_until_silence(raw_peer& peer) {
        std::ptrdiff_t all = 0;
        for (int frames = 0; frames < 500; ++frames) {
            const auto more = sounding(hear(peer, 1));
            if (more == 0) return all;
            all += more;
        }
        ADD_FAILURE() << "no silence";
        return all;
    }

    // Has a caller stop a file of five seconds; after_the_key: how many samples of it came after that.
    void stop_the_file(std::ptrdiff_t& after_the_key);

    static constexpr std::ptrdiff_t frame_samples = 160;

    // Returns the printed events of this name.
    std::vector<boost::json::value> events(const std::string& name) const {
        std::vector<boost::json::value> found;
        std::istringstream in(server->out);
        for (std::string line; std::getline(in, line);)
            if (const auto e = boost::json::parse(line); e.at("event").as_string() == name) found.push_back(e);
        return found;
    }
};

void serve_barge_in::stop_the_file(std::ptrdiff_t& after_the_key) {
    serve({"--play", numbered_file("long.wav", 40'000).string(), "--barge-in", "#", "--exit-after", "1"});
    auto peer = raw_caller();
    std::ptrdiff_t heard = sounding(hear(peer, 20));
    peer.send(frame(kind::dtmf, raw("1"))); // not one of the keys
    const auto between = sounding(hear(peer, 10));
    EXPECT_EQ(between, 10 * frame_samples);
    peer.send(frame(kind::dtmf, raw("#")));
    after_the_key = sounding_until_silence(peer);
    EXPECT_EQ(sounding(hear(peer, 40)), 0) << "it began again";
    peer.finish();
    EXPECT_EQ(server->wait(), 0);

    const auto cleared = events("cleared");
    ASSERT_EQ(cleared.size(), 1U) << server->out;
    const auto sent_ms = cleared[0].at("sent_ms").to_number<std::ptrdiff_t>();
    EXPECT_EQ(sent_ms * 8, heard + between + after_the_key);
    EXPECT_LT(sent_ms, 5000) << "the file was played to its end";
    EXPECT_EQ(cleared[0].at("cut_ms").to_number<std::ptrdiff_t>(), 5000 - sent_ms);
    EXPECT_LT(server->out.find("\"digit\":\"#\""), server->out.find("\"cleared\""));
}

} // namespace

TEST_F(serve_barge_in, key_stops_the_file_for_good_and_what_was_sent_and_cut_is_reported) {
    std::ptrdiff_t after_the_key = 0;
    stop_the_file(after_the_key);
}

TEST_F(serve_barge_in, realtime_key_stops_the_file_within_a_frame_or_two) {
    const busy_machine machine;
    std::ptrdiff_t after_the_key = 0;
    stop_the_file(after_the_key);
    in_real_time(machine, [&] { EXPECT_LE(after_the_key, 2 * frame_samples); });
}

TEST_F(serve_barge_in, key_stops_the_loop_and_the_tone_for_good) {
    const auto file = numbered_file("loop.wav", 1000);
    for (const std::vector<std::string>& what :
         {std::vector<std::string>{"--play", file.string(), "--loop"}, std::vector<std::string>{"--tone", "440"}}) {
        auto options = what;
        options.insert(options.end(), {"--barge-in", "any", "--exit-after", "1"});
        serve(options);
        auto peer = raw_caller();
        EXPECT_GT(sounding(hear(peer, 20)), 15 * frame_samples);
        peer.send(frame(kind::dtmf, raw("D")));
        sounding_until_silence(peer);
        EXPECT_EQ(sounding(hear(peer, 100)), 0); // two seconds: more than was queued
        peer.finish();
        EXPECT_EQ(server->wait(), 0);
        EXPECT_EQ(events("cleared").size(), 1U) << server->out;
    }
}

TEST_F(serve_barge_in, key_ends_the_call_that_was_to_end_after_the_file) {
    serve({"--play", numbered_file("long.wav", 80'000).string(), "--then-hangup", "--barge-in", "5"});
    const auto result = call({"--dtmf", "5", "--dtmf-after", "0.2", "--duration", "100", "--json"});
    EXPECT_EQ(result.code, 0) << result.out;
    EXPECT_EQ(result.json().at("end").at("reason").as_string(), "peer hung up");
    EXPECT_EQ(stop(), 0);
    ASSERT_EQ(events("cleared").size(), 1U) << server->out;
    EXPECT_GT(events("cleared")[0].at("cut_ms").to_number<int>(), 0) << server->out;
}

TEST_F(serve_barge_in, key_lets_the_echo_begin_and_go_on) {
    serve({"--play", numbered_file("long.wav", 80'000).string(), "--echo", "--barge-in", "12"});
    const auto said = folder / "said.wav";
    std::vector<std::int16_t> samples(24'000);
    for (std::size_t i = 0; i < samples.size(); ++i)
        samples[i] = static_cast<std::int16_t>(-1 - static_cast<int>(i)); // the file has none of these
    sound_writer(said, 8000).write(samples);
    recorded_call one(where, folder / "heard.slin", {"--play", said.string(), "--dtmf", "12", "--dtmf-after", "0.5"});
    const auto has_come = [&](std::int16_t sample) { return std::ranges::count(one.heard(), sample) > 0; };
    EXPECT_TRUE(eventually([&] { return has_come(samples.back()); }));
    EXPECT_EQ(one.hang_up(), 0) << one.caller().out;
    const auto heard = one.heard();
    const auto first = std::ranges::find_if(heard, [](auto s) { return s < 0; });
    ASSERT_NE(first, heard.end());
    EXPECT_NE(*first, samples.front()) << "the echo began before a key was pressed";
    // Each key cuts off the audio that waits to be echoed. The caller sent this after the second key, however late it
    // was: it never sends ahead of its clock.
    const auto late = samples.begin() + 12'000;
    expect_in_order({late, samples.end()}, {std::ranges::find(heard, *late), heard.end()});
    EXPECT_EQ(stop(), 0);
}

TEST_F(serve_barge_in, what_the_end_of_a_call_cuts_off_is_no_event) {
    serve({"--play", numbered_file("long.wav", 80'000).string(), "--barge-in", "1", "--exit-after", "1"});
    EXPECT_EQ(call({"--dtmf", "2", "--dtmf-after", "0.1", "--duration", "0.3"}).code, 0);
    EXPECT_EQ(server->wait(), 0);
    EXPECT_EQ(events("dtmf").size(), 1U) << server->out;
    EXPECT_TRUE(events("cleared").empty()) << server->out;
}
