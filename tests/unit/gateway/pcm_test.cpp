// SPDX-License-Identifier: Apache-2.0
#include "unit/gateway/sample_call.hpp"

#include "support/bytes.hpp"
#include "unit/gateway/wav_file.hpp"
#include <audiosocket/gateway/base64.hpp>

#include <gtest/gtest.h>

using namespace audiosocket;
using namespace std::chrono_literals;
using test::operator+;
using test::json_of;
using test::lines;
using test::sample_call;

namespace {

sample_call begun(const std::string& session = "") {
    sample_call call("pcm", session);
    call.open();
    call.out.take_texts();
    return call;
}

std::string base64_of(const test::bytes& bytes) {
    std::string text;
    gateway::append_base64(text, bytes);
    return text;
}

std::string clip(const test::bytes& audio, const std::string& more) {
    return "{'type':'playAudio','data':{'audioContent':'" + base64_of(audio) + "'" + more + "}}";
}

std::string mark(const std::string& name) {
    return "{'type':'mark','data':{'name':'" + name + "'}}";
}

boost::json::value mark_event(const std::string& name, const std::string& event) {
    return json_of("{'type':'mark','data':{'name':'" + name + "','event':'" + event + "'}}");
}

} // namespace

TEST(pcm, opened_says_what_the_call_is_and_is_ready) {
    auto context = test::sample_context();
    context.parameters["account_sid"] = "AC7";
    context.parameters["sampleRate"] = "not this";
    sample_call call("pcm", "", context);
    EXPECT_EQ(call.in->caller_rate_hz(), 8000);
    call.open();
    EXPECT_EQ(call.out.actions.back(), "ready");
    const auto said = call.out.take_texts();
    ASSERT_EQ(said.size(), 1U);
    EXPECT_EQ(said[0], json_of("{'callSid':'11112222-3333-4444-5555-6666777788aa',"
                               "'callId':'0123456789abcdef0123456789abcdef','from':'+4930123','to':'100',"
                               "'direction':'inbound','sampleRate':8000,'mixType':'mono','accountSid':'AC7',"
                               "'account_sid':'AC7','language':'de','quote':'a \\'b\\''}"));
}

TEST(pcm, the_session_may_say_the_rate) {
    auto call = sample_call("pcm", "{'sampleRate':16000}");
    EXPECT_EQ(call.in->caller_rate_hz(), 16'000);
    call.open();
    EXPECT_EQ(call.out.take_texts().at(0).at("sampleRate"), 16'000);
    for (const char* good : {"", "{}", "{'sampleRate':48000}", "{'sampleRate':44100}"})
        EXPECT_EQ(test::refusal("pcm", good), "");
    for (const char* bad : {"{'sampleRate':11025}", "{'sampleRate':'16000'}", "{'sampleRate':16000.5}",
                            "{'sampleRate':-8000}", "{'sampleRate':null}"})
        EXPECT_NE(test::refusal("pcm", bad).find("write 8000, 16000"), std::string::npos) << bad;
    EXPECT_NE(test::refusal("pcm", "{'rate':8000}").find("rate is unknown"), std::string::npos);
}

TEST(pcm, caller_audio_becomes_binary_messages_of_20_ms) {
    auto call = begun("{'sampleRate':16000}");
    const auto samples = test::numbered_audio(1000);
    for (std::size_t i = 0; i < samples.size(); i += 50)
        call.in->caller_audio(std::span(samples).subspan(i, 50), test::start, call.out);
    ASSERT_EQ(call.out.binaries.size(), 3U);
    for (std::size_t i = 0; i < 3; ++i)
        EXPECT_EQ(call.out.binaries[i], test::numbered(320, 320 * i));
    call.in->call_ended(call.out);
    ASSERT_EQ(call.out.binaries.size(), 4U);
    EXPECT_EQ(call.out.binaries[3], test::numbered(40, 960) + test::bytes(560));
}

TEST(pcm, ragged_binary_audio_is_played) {
    auto call = begun();
    const auto stream = test::numbered(500);
    std::mt19937 random(3);
    for (const auto how : test::all_splits)
        test::cut(stream, how, random, [&](auto piece) { call.in->binary(piece, test::start, call.out); });
    auto expected = test::numbered_audio(500);
    ASSERT_EQ(call.out.played.size(), 1500U);
    for (std::size_t i = 0; i < 1500; ++i)
        ASSERT_EQ(call.out.played[i], expected[i % 500]);
    EXPECT_EQ(call.out.rate_hz, 8000);
}

TEST(pcm, a_digit_is_sent) {
    auto call = begun();
    call.in->caller_digit('5', test::start, call.out);
    EXPECT_EQ(call.out.take_texts().at(0), json_of("{'event':'dtmf','dtmf':'5','duration':0}"));
}

TEST(pcm, marks_are_reported_as_played_or_cleared) {
    auto call = begun();
    call.receive(mark("a"));
    call.out.reach_marks(*call.in);
    EXPECT_EQ(call.out.take_texts().at(0), mark_event("a", "playout"));
    call.receive(mark("b"));
    call.receive("{'type':'killAudio'}");
    EXPECT_EQ(call.out.take(), (lines{"mark", "clear"}));
    call.out.clear_marks(*call.in);
    const auto said = call.out.take_texts();
    ASSERT_EQ(said.size(), 1U);
    EXPECT_EQ(said[0], mark_event("b", "cleared"));
}

TEST(pcm, kill_audio_forgets_half_a_sample) {
    auto call = begun();
    call.in->binary(test::raw({0x99}), test::start, call.out);
    call.receive("{'type':'killAudio'}");
    call.in->binary(test::raw({0x34, 0x12}), test::start, call.out);
    EXPECT_EQ(call.out.played, std::vector<std::int16_t>{0x1234});
}

TEST(pcm, clear_marks_reports_at_once_and_lets_the_audio_play) {
    auto call = begun();
    call.receive(mark("a"));
    call.receive(mark("b"));
    call.out.take();
    call.receive("{'type':'clearMarks'}");
    call.receive("{'type':'clearMarks'}");
    const auto said = call.out.take_texts();
    ASSERT_EQ(said.size(), 2U);
    EXPECT_EQ(said[0], mark_event("a", "cleared"));
    EXPECT_EQ(said[1], mark_event("b", "cleared"));
    call.receive(mark("c"));
    call.out.reach_marks(*call.in);
    const auto later = call.out.take_texts();
    ASSERT_EQ(later.size(), 1U);
    EXPECT_EQ(later[0], mark_event("c", "playout"));
}

TEST(pcm, a_clip_is_played_in_place_of_what_is_queued) {
    auto call = begun();
    call.receive(clip(test::numbered(100), ",'audioContentType':'raw','sampleRate':24000,'id':'hello'"));
    EXPECT_EQ(call.out.take(), (lines{"clear", "play 100 at 24000", "mark"}));
    EXPECT_EQ(call.out.played, test::numbered_audio(100));
    call.out.reach_marks(*call.in, 4ms);
    EXPECT_EQ(call.out.take_texts().at(0),
              json_of("{'type':'playDone','data':{'id':'hello','playbackMilliseconds':'4'}}"));
}

TEST(pcm, a_queued_clip_is_played_behind_what_is_queued_and_measured_alone) {
    auto call = begun();
    call.receive(clip(test::numbered(100), ",'queuePlay':true"));
    EXPECT_EQ(call.out.take(), (lines{"mark", "play 100 at 8000", "mark"}));
    ASSERT_EQ(call.out.marks.size(), 2U);
    call.in->played({call.out.marks[0], 700ms}, call.out);
    EXPECT_TRUE(call.out.texts.empty());
    call.in->cleared({call.out.marks[1], 10ms, 3ms}, call.out);
    EXPECT_EQ(call.out.take_texts().at(0), json_of("{'type':'playDone','data':{'playbackMilliseconds':'10'}}"));
}

TEST(pcm, a_clip_may_be_a_wav_file) {
    auto call = begun();
    const auto file = test::wav_file({.rate_hz = 22'050}, test::numbered(100));
    call.receive(clip(file, ",'audioContentType':'wav','sampleRate':8000"));
    EXPECT_EQ(call.out.take(), (lines{"clear", "play 100 at 22050", "mark"}));
    EXPECT_EQ(call.out.played, test::numbered_audio(100));
}

TEST(pcm, clear_marks_leaves_clips_alone) {
    auto call = begun();
    call.receive(clip(test::numbered(100), ",'id':'x'"));
    call.receive("{'type':'clearMarks'}");
    EXPECT_TRUE(call.out.texts.empty());
    call.out.reach_marks(*call.in);
    EXPECT_EQ(call.out.take_texts().size(), 1U);
}

TEST(pcm, disconnect_ends_the_call_when_all_is_played) {
    auto call = begun();
    call.receive("{'type':'disconnect'}");
    EXPECT_EQ(call.out.take(), lines{"hang up when played"});
}

TEST(pcm, what_is_wrong_is_ignored_and_reported) {
    const std::pair<std::string, const char*> bad[]{
        {"{'type':'mark'}", "no data.name"},
        {"{'type':'playAudio'}", "no data.audioContent"},
        {"{'type':'playAudio','data':{'audioContent':'%'}}", "not base64"},
        {clip({}, ",'audioContentType':'mp3'"), "audioContentType is \"mp3\""},
        {clip({}, ",'audioContentType':'wav'"), "not a WAV file"},
        {clip({}, ",'sampleRate':1"), "sampleRate is not one of 8000"},
        {clip({}, ",'sampleRate':'fast'"), "sampleRate is not one of 8000"},
        {clip({}, ",'id':'" + std::string(600, 'i') + "'"), "longer than 512"},
        {mark(std::string(600, 'm')), "longer than 512"},
        {"{'type':'transcription'}", "unknown type"},
        {"{'event':'clear'}", "without a type"},
        {"[]", "not an object"},
        {"", "not JSON"},
    };
    auto call = begun();
    for (const auto& [message, why] : bad) {
        call.receive(message);
        ASSERT_EQ(call.out.actions.size(), 1U) << message;
        EXPECT_NE(call.out.reports.back().text.find(why), std::string::npos) << call.out.reports.back().text;
        call.out.take();
    }
}
