// SPDX-License-Identifier: Apache-2.0
// Compares audio through Asterisk sample by sample.

#include "asterisk_test.hpp"

#include "support/busy_machine.hpp"

#include <algorithm>
#include <functional>

using namespace audiosocket;
using namespace audiosocket::test;

namespace {

// The parameter: the application, Dial() with c(slin), or a format for another c(FORMAT).
class asterisk_samples : public asterisk_both_ways {
  protected:
    // Sends numbered samples both ways. Each side must receive every sample, in order, with nothing in between. The
    // phone is a server of ours as well, because MixMonitor damages audio of 44.1, 96 and 192 kHz.
    void expect_bit_exact(int seconds);
    void expect_heard_by_each_other(const std::string& way, const std::string& format, const clip& ours,
                                    const clip& theirs);

    // Starts after the first audio: before it the rate is unknown (8 kHz is sent), and the other side may not be
    // connected.
    static answerer::reaction play_when_heard(clip sound) {
        return [sound = std::move(sound), playing = false](audiosocket::call& c, const event& e) mutable {
            if (playing || !std::holds_alternative<audio_event>(e)) return;
            playing = true;
            answerer::play(c, sound);
        };
    }
};

class asterisk_long_call : public asterisk_samples {};

INSTANTIATE_TEST_SUITE_P(way, asterisk_long_call, both_ways(), name_of_way);
INSTANTIATE_TEST_SUITE_P(way, asterisk_samples,
                         testing::Values("application", "channel", "slin12", "slin16", "slin24", "slin32", "slin44",
                                         "slin48", "slin96", "slin192"),
                         name_of_way);

void asterisk_samples::expect_bit_exact(int seconds) {
    const std::string format = way().starts_with("slin") ? way() : "slin";
    const int rate = rate_hz(*slin_kind(format));
    const auto count = static_cast<std::size_t>(rate * seconds);
    expect_heard_by_each_other(way(), format, clip(numbers(count), rate), clip(negative_numbers(count), rate));
}

void asterisk_samples::expect_heard_by_each_other(const std::string& way, const std::string& format, const clip& ours,
                                                  const clip& theirs) {
    answerer us({}, play_when_heard(ours));
    answerer phone({}, play_when_heard(theirs));
    start_asterisk(us.where());
    asterisk->originate_from(phone.where(), format, way);

    const auto patience = std::chrono::duration_cast<std::chrono::seconds>(ours.duration()) + process::patience_usual;
    const auto played = [](const auto& r) { return r.played; };
    ASSERT_FALSE(us.wait_for(1, played, patience).empty());
    ASSERT_FALSE(phone.wait_for(1, played, patience).empty());
    us.hang_up_all();
    const auto our_side = us.wait_for_end();
    const auto their_side = phone.wait_for_end();
    ASSERT_TRUE(our_side && their_side);
    EXPECT_EQ(name(our_side->format), format);
    expect_whole(trimmed(theirs.samples()), our_side->heard);
    expect_whole(trimmed(ours.samples()), their_side->heard);
}

} // namespace

TEST_P(asterisk_samples, are_bit_exact_both_ways) {
    expect_bit_exact(1);
}

TEST_P(asterisk_long_call, realtime_ten_minutes_are_bit_exact_both_ways) {
    const char* nightly = std::getenv("AUDIOSOCKET_NIGHTLY");
    if (nightly == nullptr || nightly != std::string("1"))
        GTEST_SKIP() << skipped("takes ten minutes (AUDIOSOCKET_NIGHTLY=1 runs it)");
    expect_bit_exact(600);
}

namespace {

// Dial() without c(...). The parameter is the caller's codec.
class asterisk_g711 : public asterisk_samples {
  protected:
    static std::string codec() { return GetParam(); }
};

INSTANTIATE_TEST_SUITE_P(codec, asterisk_g711, testing::Values("ulaw", "alaw"), name_of_way);

} // namespace

TEST_P(asterisk_g711, dialled_without_a_format_is_recognised_and_decoded) {
    const encoding law = codec() == "ulaw" ? encoding::ulaw : encoding::alaw;
    // Speech, reduced to values that the codec carries unchanged.
    auto speech = read_mono(std::filesystem::path(AUDIOSOCKET_SOUNDS) / "welcome.wav");
    std::vector<std::byte> coded(speech.size());
    encode(law, speech, coded);
    decode(law, coded, speech);
    expect_heard_by_each_other("plain", codec(), clip(speech, 8000), clip(speech, 8000));
}

namespace {

// Recordings of both sides. MixMonitor leaves out frames when the machine is busy, so these tests allow gaps. The tests
// asterisk_samples find a sample that is lost on the wire.
class asterisk_recordings : public asterisk_both_ways {
  protected:
    // Makes a call with two seconds of audio each way. Returns what MixMonitor recorded of our side.
    std::vector<std::int16_t> record_a_call_of_the_library();
    std::vector<std::int16_t> record_a_call_of_the_command();

    // The recording has only samples that we sent, each once, in order, and at least half of them.
    static void expect_most(const std::vector<std::int16_t>& said, std::vector<std::int16_t> recording) {
        std::erase(recording, 0);
        EXPECT_TRUE(std::ranges::includes(said, recording))
            << how_far(said, recording); // both are sorted, because the samples are rising numbers
        EXPECT_EQ(std::ranges::adjacent_find(recording, std::greater_equal()), recording.end()) << "not in order";
        EXPECT_GE(recording.size(), said.size() / 2) << how_far(said, recording);
    }

    const std::vector<std::int16_t> ours = numbers(16'000);
    const std::vector<std::int16_t> theirs = negative_numbers(16'000);
};

INSTANTIATE_TEST_SUITE_P(way, asterisk_recordings, both_ways(), name_of_way);

std::vector<std::int16_t> asterisk_recordings::record_a_call_of_the_library() {
    answerer us(clip(ours, 8000));
    start_asterisk(us.where());
    write_prompt(theirs);
    asterisk->originate(way(), "prompt");
    EXPECT_TRUE(asterisk->wait_for_log("Executing [prompt@phone:3]"));
    EXPECT_TRUE(us.wait_for([&](const auto& r) { return r.played && r.heard.size() >= theirs.size(); }));
    asterisk->hang_up_all();
    const auto call = us.wait_for_end();
    EXPECT_TRUE(call && wait_for_recording());
    if (!call) return {};
    expect_whole(theirs, call->heard);
    return recorded(call->id);
}

std::vector<std::int16_t> asterisk_recordings::record_a_call_of_the_command() {
    serve({"--play", numbered_file("ours.wav", ours.size()).string(), "--record", (folder / "calls").string(),
           "--exit-after", "1"});
    start_asterisk(where);
    write_prompt(theirs);
    asterisk->originate(way(), "prompt");
    EXPECT_TRUE(server->wait_for_output("\"played\"")) << server->out;
    EXPECT_TRUE(asterisk->wait_for_log("Executing [prompt@phone:3]"));
    asterisk->hang_up_all();
    EXPECT_EQ(server->wait(), 0) << server->err;
    EXPECT_EQ(server->err.find("warning"), std::string::npos) << server->err;
    EXPECT_TRUE(wait_for_recording());
    expect_in_order(theirs, channel(std::filesystem::directory_iterator(folder / "calls")->path(), 0));
    const auto at = server->out.find("\"id\":\"") + 6;
    return recorded(uuid::parse(server->out.substr(at, 36)));
}

} // namespace

TEST_P(asterisk_recordings, prompt_arrives_whole_and_mixmonitor_hears_what_we_play) {
    expect_most(ours, record_a_call_of_the_library());
}

TEST_P(asterisk_recordings, of_the_command_and_of_asterisk_have_both_sides) {
    expect_most(ours, record_a_call_of_the_command());
}

TEST_P(asterisk_recordings, realtime_mixmonitor_has_every_sample) {
    const busy_machine machine;
    const auto of_library = record_a_call_of_the_library();
    const auto of_command = record_a_call_of_the_command();
    in_real_time(machine, [&] {
        expect_whole(ours, of_library);
        expect_whole(ours, of_command);
    });
}
