#include "command_test.hpp"

using namespace audiosocket;
using namespace audiosocket::test;

namespace {

class serve_and_call : public command_test {
  protected:
    // Plays a numbered file to a caller, who records it; the recording must be the file, sample for sample.
    void expect_bit_exact(std::size_t samples, const std::string& seconds, boost::json::value& report);

    // The one file in the folder of recordings.
    std::filesystem::path recording() const {
        for (const auto& entry : std::filesystem::directory_iterator(folder / "rec"))
            return entry.path();
        return {};
    }
};

void serve_and_call::expect_bit_exact(std::size_t samples, const std::string& seconds, boost::json::value& report) {
    const auto file = numbered_file("numbers.wav", samples);
    serve({"--play", file.string(), "--exit-after", "1"});
    const auto heard = folder / "heard.slin";
    const auto result = call({"--record", heard.string(), "--duration", seconds, "--json"});
    ASSERT_EQ(result.code, 0) << result.out << result.err;
    report = result.json();
    auto got = read_mono(heard);
    const auto first = std::ranges::find_if(got, [](auto s) { return s != 0; });
    got.erase(got.begin(), first);
    ASSERT_GE(got.size(), samples);
    got.resize(samples);
    EXPECT_EQ(got, numbers(samples));
    EXPECT_EQ(server->wait(), 0);
}

} // namespace

TEST_F(serve_and_call, played_file_is_recorded_bit_exact) {
    boost::json::value report;
    expect_bit_exact(12'345, "2", report);
    EXPECT_EQ(report.at("format").as_string(), "slin");
    EXPECT_TRUE(report.at("costs_the_call").as_array().empty());
}

// Listed as a test of its own in tests/CMakeLists.txt: it takes a minute of real time and an undisturbed machine.
TEST_F(serve_and_call, realtime_minute_is_bit_exact_at_50_frames_a_second) {
    boost::json::value report;
    expect_bit_exact(59 * 8000, "60", report);
    const double rate = report.at("frames").to_number<double>() / report.at("seconds").to_number<double>();
    EXPECT_NEAR(rate, 50.0, 0.05);
    std::cout << "frames a second: " << rate << ", report: " << report << '\n';
}

TEST_F(serve_and_call, recording_has_the_caller_left_and_us_right) {
    const auto ours = numbered_file("ours.wav", 8000);
    const auto theirs = folder / "theirs.wav";
    std::vector<std::int16_t> tone_samples(8000);
    tone(400, 8000).fill(tone_samples);
    sound_writer(theirs, 8000).write(tone_samples);

    serve({"--play", ours.string(), "--record", (folder / "rec").string(), "--exit-after", "1"});
    const std::string id = "40325ec2-5efd-4bd3-805f-53576e581d13";
    EXPECT_EQ(call({"--id", id, "--play", theirs.string(), "--duration", "2"}).code, 0);
    EXPECT_EQ(server->wait(), 0);

    const auto file = recording();
    EXPECT_TRUE(file.filename().string().starts_with(id + "-20")) << file;
    const auto left = channel(file, 0);
    const auto right = channel(file, 1);
    EXPECT_NEAR(static_cast<double>(left.size()), 16'000, 800);

    // Both sides are there whole, and began within a frame or two of the start, and so of each other.
    EXPECT_LT(place_of(numbers(8000), right), 800);
    EXPECT_LT(place_of(tone_samples, left), 800);
}

TEST_F(serve_and_call, echo_comes_back_bit_exact) {
    serve({"--echo"});
    const auto said = numbered_file("said.wav", 8000);
    const auto heard = folder / "heard.slin";
    EXPECT_EQ(call({"--play", said.string(), "--record", heard.string()}).code, 0);
    const auto samples = read_mono(heard);
    EXPECT_LT(place_of(numbers(8000), samples), nowhere);
    EXPECT_EQ(stop(), 0);
}

TEST_F(serve_and_call, every_format_is_echoed_in_its_own_kind) {
    serve({"--echo"});
    for (const std::string format : {"slin12", "slin16", "slin24", "slin32", "slin44", "slin48", "slin96", "slin192"}) {
        const int rate = rate_hz(*slin_kind(format));
        const auto said = numbered_file(format + ".wav", static_cast<std::size_t>(rate / 4), rate);
        const auto heard = folder / (format + "-heard.wav");
        const auto result = call(
            {"--format", format, "--play", said.string(), "--record", heard.string(), "--duration", "0.6", "--json"});
        EXPECT_EQ(result.code, 0) << result.out;
        EXPECT_EQ(result.json().at("format").as_string(), format);
        const auto samples = read_mono(heard);
        EXPECT_LT(place_of(numbers(static_cast<std::size_t>(rate / 4)), samples), nowhere) << format;
    }
    EXPECT_EQ(stop(), 0);
}

TEST_F(serve_and_call, g711_under_slin_is_recognised_and_answered_in_slin) {
    std::vector<std::int16_t> speech(16'000);
    tone low(310, 8000, -12);
    tone high(730, 8000, -18);
    std::vector<std::int16_t> other(speech.size());
    low.fill(speech);
    high.fill(other);
    for (std::size_t i = 0; i < speech.size(); ++i)
        speech[i] = static_cast<std::int16_t>(speech[i] + other[i]);
    const auto file = folder / "speech.wav";
    sound_writer(file, 8000).write(speech);

    serve({"--echo"});
    for (const std::string format : {"ulaw", "alaw"}) {
        EXPECT_EQ(call({"--format", format, "--play", file.string(), "--duration", "2"}).code, 0);
        EXPECT_TRUE(server->wait_for_output("\"format\":\"" + format + "\"")) << server->out;
    }
    EXPECT_EQ(stop(), 0);
}

TEST_F(serve_and_call, hangup_after_the_file_is_an_orderly_end) {
    const auto file = numbered_file("short.wav", 4000);
    serve({"--play", file.string(), "--then-hangup"});
    const auto result = call({"--duration", "20", "--json"});
    EXPECT_EQ(result.code, 0) << result.out;
    EXPECT_EQ(result.json().at("end").at("reason").as_string(), "peer hung up");
    EXPECT_NEAR(result.json().at("audio_seconds").to_number<double>(), 0.5, 0.041);
    EXPECT_EQ(stop(), 0);
}

TEST_F(serve_and_call, loop_and_tone_have_no_seam) {
    const auto file = numbered_file("loop.wav", 1000); // no multiple of a frame
    serve({"--play", file.string(), "--loop"});
    const auto heard = folder / "heard.slin";
    EXPECT_EQ(call({"--record", heard.string(), "--duration", "1"}).code, 0);
    auto samples = read_mono(heard);
    samples.erase(samples.begin(), std::ranges::find_if(samples, [](auto s) { return s != 0; }));
    for (std::size_t i = 0; i < samples.size(); ++i)
        ASSERT_EQ(samples[i], static_cast<int>(i % 1000) + 1) << i;
    EXPECT_EQ(stop(), 0);
}

TEST_F(serve_and_call, digits_arrive_in_order) {
    serve({"--exit-after", "1"});
    EXPECT_EQ(call({"--dtmf", "12#", "--dtmf-after", "0.1", "--duration", "1.2"}).code, 0);
    EXPECT_EQ(server->wait(), 0);
    const auto one = server->out.find("\"digit\":\"1\"");
    const auto two = server->out.find("\"digit\":\"2\"");
    const auto hash = server->out.find("\"digit\":\"#\"");
    EXPECT_LT(one, two);
    EXPECT_LT(two, hash);
    EXPECT_NE(hash, std::string::npos) << server->out;
}

TEST_F(serve_and_call, killed_server_leaves_a_readable_recording) {
    serve({"--tone", "440", "--record", (folder / "rec").string()});
    process caller(command({"call", where, "--duration", "20"}));
    ASSERT_TRUE(server->wait_for_output("\"played\"")); // a second of tone has been sent
    ASSERT_TRUE(server->wait_for_output("\"played\""));
    std::this_thread::sleep_for(std::chrono::milliseconds(1600)); // real time: pieces of half a second, and a sync
    server->signal(SIGKILL);
    EXPECT_EQ(server->wait(), 128 + SIGKILL);
    const sound_reader after(recording());
    EXPECT_EQ(after.file_channels(), 2);
    EXPECT_GE(after.duration().value(), std::chrono::milliseconds(900));
}

TEST_F(serve_and_call, sound_that_comes_too_fast_for_the_recording_is_reported) {
    serve({"--record", (folder / "rec").string(), "--exit-after", "1"});
    raw_peer caller = raw_caller();
    for (int i = 0; i < 500; ++i) // 10 s at once
        caller.send(frame(kind::slin, bytes(320)));
    caller.finish();
    EXPECT_EQ(server->wait(), 0);
    EXPECT_NE(server->err.find("the recording lacks "), std::string::npos) << server->err;
    EXPECT_GE(sound_reader(recording()).duration().value(), std::chrono::seconds(1));
}

TEST_F(serve_and_call, call_without_audio_leaves_no_recording) {
    serve({"--record", (folder / "rec").string(), "--exit-after", "1"});
    raw_peer caller = raw_caller();
    ASSERT_TRUE(server->wait_for_output("\"started\""));
    caller.finish();
    EXPECT_EQ(server->wait(), 0);
    EXPECT_TRUE(std::filesystem::is_empty(folder / "rec"));
}

TEST_F(serve_and_call, disk_that_is_full_ends_the_recording_and_not_the_call) {
    // A limit on the size of files: 32 blocks of 1,024 bytes, a second of recording.
    serve({"--tone", "440", "--record", (folder / "rec").string(), "--exit-after", "1"},
          {"/bin/bash", "-c", "ulimit -f 32; exec \"$@\"", "limited"});
    const auto result = call({"--duration", "3.5", "--json"});
    EXPECT_EQ(result.code, 0) << result.out;
    EXPECT_GE(result.json().at("frames").to_number<int>(), 170);
    EXPECT_EQ(server->wait(), 0);
    EXPECT_NE(server->err.find("recording stopped"), std::string::npos) << server->err;
    EXPECT_GE(sound_reader(recording()).duration().value(), std::chrono::milliseconds(500));
}
