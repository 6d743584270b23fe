#include "asterisk_test.hpp"

using namespace audiosocket;
using namespace audiosocket::test;

namespace {

class asterisk_audio : public asterisk_both_ways {
  protected:
    // Numbered samples both ways for so long; each side must get every one, in order, with nothing in between.
    void expect_bit_exact(std::size_t seconds);
};

INSTANTIATE_TEST_SUITE_P(way, asterisk_audio, both_ways(), name_of_way);

void asterisk_audio::expect_bit_exact(std::size_t seconds) {
    const auto ours = numbers(seconds * 8000);
    const auto theirs = negative_numbers(seconds * 8000);
    answerer us(clip(ours, 8000));
    start_asterisk(us.where());
    write_prompt(theirs);
    asterisk->originate(way(), "prompt");

    const std::chrono::seconds patience(seconds + 20);
    const auto done = us.wait_for(
        1, [&](const auto& r) { return r.played && r.heard.size() >= theirs.size(); }, patience);
    ASSERT_FALSE(done.empty()) << "something was lost";
    asterisk->hang_up_all();
    const auto call = us.wait_for_end();
    ASSERT_TRUE(call && wait_for_recording());

    EXPECT_LT(place_of(theirs, call->heard), nowhere) << "the prompt did not arrive as it was recorded";
    EXPECT_LT(place_of(ours, recorded(call->id, "server")), 8000 / 5) << "Asterisk heard something else than we played";
    EXPECT_EQ(call->skipped_frames, 0U);
}

} // namespace

TEST_P(asterisk_audio, numbered_samples_are_bit_exact_both_ways) {
    expect_bit_exact(2);
}

TEST_P(asterisk_audio, realtime_ten_minutes_are_bit_exact_both_ways) {
    const char* nightly = std::getenv("AUDIOSOCKET_NIGHTLY");
    if (nightly == nullptr || nightly != std::string("1"))
        return skip("takes ten minutes (AUDIOSOCKET_NIGHTLY=1 runs it)");
    expect_bit_exact(600);
}

TEST_P(asterisk_audio, command_plays_a_file_and_records_the_caller) {
    const auto welcome = std::filesystem::path(AUDIOSOCKET_SOUNDS) / "welcome.wav";
    serve({"--play", welcome.string(), "--record", (folder / "calls").string(), "--exit-after", "1"});
    start_asterisk(where);
    asterisk->originate(way(), "weasels");
    ASSERT_TRUE(server->wait_for_output("\"played\"")) << server->out;
    ASSERT_TRUE(asterisk->wait_for_log("Executing [weasels@phone:3]"));
    asterisk->hang_up_all();
    EXPECT_EQ(server->wait(), 0) << server->err;
    ASSERT_TRUE(wait_for_recording());

    EXPECT_EQ(server->err.find("warning"), std::string::npos) << server->err;
    const auto at = server->out.find("\"id\":\"") + 6;
    const uuid id = uuid::parse(server->out.substr(at, 36));
    EXPECT_LT(place_of(trimmed(read_mono(welcome)), recorded(id, "server")), 8000 / 2);

    const auto file = std::filesystem::directory_iterator(folder / "calls")->path();
    EXPECT_LT(place_of(trimmed(recorded(id, "caller")), channel(file, 0)), nowhere);
}

namespace {

class asterisk_wideband : public asterisk_test, public testing::WithParamInterface<const char*> {};

INSTANTIATE_TEST_SUITE_P(format, asterisk_wideband,
                         testing::Values("slin12", "slin16", "slin24", "slin32", "slin44", "slin48", "slin96",
                                         "slin192"),
                         name_of_way);

} // namespace

TEST_P(asterisk_wideband, numbered_samples_are_bit_exact_both_ways) {
    const std::string format = GetParam();
    const int rate = rate_hz(*slin_kind(format));
    const auto ours = numbers(static_cast<std::size_t>(rate));
    const auto theirs = negative_numbers(static_cast<std::size_t>(rate));
    // Not before the caller's audio has told us its rate: until then we would speak at 8 kHz.
    const auto play_when_heard = [&, playing = false](audiosocket::call& c, const event& e) mutable {
        if (playing || !std::holds_alternative<audio_event>(e)) return;
        playing = true;
        c.play(ours, rate);
        c.mark("all");
    };
    answerer us({}, play_when_heard);
    start_asterisk(us.where());
    const std::string suffix = "sln" + format.substr(4);
    write_prompt(theirs, suffix);
    asterisk->originate(format, "quiet");

    ASSERT_TRUE(us.wait_for([&](const auto& r) { return r.played && r.heard.size() >= theirs.size(); }));
    asterisk->hang_up_all();
    const auto call = us.wait_for_end();
    ASSERT_TRUE(call && wait_for_recording());
    EXPECT_EQ(name(call->format), format);
    EXPECT_EQ(call->rate_hz, rate);
    EXPECT_LT(place_of(theirs, call->heard), nowhere);
    EXPECT_LT(place_of(ours, recorded_raw(call->id, "server", suffix)), rate / 5);
}

namespace {

class asterisk_g711 : public asterisk_test, public testing::WithParamInterface<const char*> {};

INSTANTIATE_TEST_SUITE_P(codec, asterisk_g711, testing::Values("ulaw", "alaw"), name_of_way);

} // namespace

TEST_P(asterisk_g711, dialled_without_a_format_is_recognised_and_answered_in_slin) {
    const std::string codec = GetParam();
    const auto ours = numbers(8000);
    answerer us(clip(ours, 8000));
    start_asterisk(us.where());
    asterisk->originate_with(codec, "plain", "weasels");
    ASSERT_TRUE(asterisk->wait_for_log("Executing [weasels@phone:3]"));
    ASSERT_TRUE(us.wait_for([](const auto& r) { return r.played; }));
    asterisk->hang_up_all();
    const auto call = us.wait_for_end();
    ASSERT_TRUE(call && wait_for_recording());

    EXPECT_EQ(name(call->format), codec);
    // Asterisk decodes for its recording what we decode from the wire: the same samples.
    EXPECT_LT(place_of(trimmed(recorded(call->id, "caller")), call->heard), nowhere);

    // What we play reaches the caller in his codec.
    const bool ulaw = codec == "ulaw";
    std::vector<std::int16_t> coded;
    for (const auto s : ours)
        coded.push_back(ulaw ? ulaw_to_linear(linear_to_ulaw(s)) : alaw_to_linear(linear_to_alaw(s)));
    EXPECT_LT(place_of(coded, recorded(call->id, "server")), nowhere);
}
