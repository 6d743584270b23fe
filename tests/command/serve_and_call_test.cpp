// SPDX-License-Identifier: Apache-2.0
#include "command_test.hpp"

#include "support/busy_machine.hpp"

using namespace audiosocket;
using namespace audiosocket::test;

namespace {

class serve_and_call : public command_test {
  protected:
    // Plays a numbered file to a caller, who records it. The recording must equal the file, sample for sample.
    void expect_bit_exact(std::size_t samples, boost::json::value& report);

    // Returns what a caller who sends this many numbered samples hears until all of them have returned.
    std::vector<std::int16_t> echo_of(std::size_t samples) const {
        const auto said = numbered_file("said.wav", samples);
        recorded_call one(where, folder / "heard.slin", {"--play", said.string()});
        EXPECT_TRUE(one.wait_for_sound(samples));
        EXPECT_EQ(one.hang_up(), 0) << one.caller().out << one.caller().err;
        return one.heard();
    }

    // A call in which both sides say a second of numbered samples, recorded by the server in the folder `rec`.
    void record_both_sides() {
        const auto theirs_file = folder / "theirs.wav";
        sound_writer(theirs_file, 8000).write(theirs);
        serve({"--play", numbered_file("ours.wav", ours.size()).string(), "--record", (folder / "rec").string(),
               "--exit-after", "1"});
        recorded_call one(where, folder / "heard.slin", {"--id", id, "--play", theirs_file.string()});
        EXPECT_TRUE(one.wait_for_sound(ours.size()));
        EXPECT_TRUE(eventually([&] { return sound_in(recording(), 0) == theirs.size(); }));
        EXPECT_EQ(one.hang_up(), 0) << one.caller().out << one.caller().err;
        EXPECT_EQ(server->wait(), 0);
        EXPECT_TRUE(recording().filename().string().starts_with(id + "-20")) << recording();
    }

    // Returns the only file in the folder of recordings.
    std::filesystem::path recording() const {
        for (const auto& entry : std::filesystem::directory_iterator(folder / "rec"))
            return entry.path();
        return {};
    }

    static std::size_t sound_in(const std::filesystem::path& file, std::size_t side) {
        const auto samples = channel(file, side);
        return static_cast<std::size_t>(std::ranges::count_if(samples, [](auto s) { return s != 0; }));
    }

    static std::vector<std::int16_t> negative_numbers(std::size_t count) {
        auto out = numbers(count);
        for (auto& s : out)
            s = static_cast<std::int16_t>(-s);
        return out;
    }

    const std::string id = "40325ec2-5efd-4bd3-805f-53576e581d13";
    const std::vector<std::int16_t> ours = numbers(8000);
    const std::vector<std::int16_t> theirs = negative_numbers(8000);
};

void serve_and_call::expect_bit_exact(std::size_t samples, boost::json::value& report) {
    const auto file = numbered_file("numbers.wav", samples);
    serve({"--play", file.string(), "--then-hangup", "--exit-after", "1"});
    const auto heard = folder / "heard.slin";
    const auto result = call({"--record", heard.string(), "--duration", "100", "--json"});
    ASSERT_EQ(result.code, 0) << result.out << result.err;
    report = result.json();
    EXPECT_EQ(report.at("end").at("reason").as_string(), "peer hung up");
    expect_whole(numbers(samples), read_mono(heard));
    EXPECT_EQ(server->wait(), 0);
}

} // namespace

TEST_F(serve_and_call, played_file_is_recorded_bit_exact) {
    boost::json::value report;
    expect_bit_exact(12'345, report);
    EXPECT_EQ(report.at("format").as_string(), "slin");
    EXPECT_TRUE(report.at("costs_the_call").as_array().empty());
}

// Listed as a separate test in tests/CMakeLists.txt: it takes a minute of real time and needs an idle machine.
TEST_F(serve_and_call, realtime_minute_is_bit_exact_at_50_frames_a_second) {
    const busy_machine machine;
    boost::json::value report;
    ASSERT_NO_FATAL_FAILURE(expect_bit_exact(59 * 8000, report));
    const double rate = report.at("frames").to_number<double>() / report.at("seconds").to_number<double>();
    std::cout << "frames a second: " << rate << ", report: " << report << '\n';
    in_real_time(machine, [&] { EXPECT_NEAR(rate, 50.0, 0.05); });
}

TEST_F(serve_and_call, recording_has_the_caller_left_and_us_right) {
    record_both_sides();
    expect_in_order(theirs, channel(recording(), 0));
    expect_in_order(ours, channel(recording(), 1));
}

TEST_F(serve_and_call, realtime_recording_has_both_sides_from_the_start_and_without_a_gap) {
    const busy_machine machine;
    record_both_sides();
    const auto left = channel(recording(), 0);
    const auto right = channel(recording(), 1);
    in_real_time(machine, [&] {
        expect_whole(theirs, left);
        expect_whole(ours, right);
        EXPECT_LT(place_of(theirs, left), 800); // within a frame or two of the start, and so of each other
        EXPECT_LT(place_of(ours, right), 800);
    });
}

TEST_F(serve_and_call, echo_comes_back_bit_exact) {
    serve({"--echo"});
    expect_in_order(numbers(8000), echo_of(8000));
    EXPECT_EQ(stop(), 0);
}

TEST_F(serve_and_call, realtime_echo_has_no_gap) {
    const busy_machine machine;
    serve({"--echo"});
    const auto heard = echo_of(24'000);
    in_real_time(machine, [&] { expect_whole(numbers(24'000), heard); });
    EXPECT_EQ(stop(), 0);
}

TEST_F(serve_and_call, every_format_is_echoed_in_its_own_kind) {
    serve({"--echo"});
    for (const std::string format : {"slin12", "slin16", "slin24", "slin32", "slin44", "slin48", "slin96", "slin192"}) {
        SCOPED_TRACE(format);
        const int rate = rate_hz(*slin_kind(format));
        const auto samples = static_cast<std::size_t>(rate / 4);
        const auto said = numbered_file(format + ".wav", samples, rate);
        recorded_call one(where, folder / ("heard." + format), {"--format", format, "--play", said.string()});
        EXPECT_TRUE(one.wait_for_sound(samples));
        EXPECT_EQ(one.hang_up(), 0) << one.caller().out << one.caller().err;
        EXPECT_EQ(boost::json::parse(one.caller().out).at("format").as_string(), format);
        expect_in_order(numbers(samples), one.heard());
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
        EXPECT_EQ(call({"--format", format, "--play", file.string()}).code, 0); // all of it, however late
        EXPECT_TRUE(server->wait_for_output("\"format\":\"" + format + "\"")) << server->out;
    }
    EXPECT_EQ(stop(), 0);
}

TEST_F(serve_and_call, hangup_after_the_file_is_an_orderly_end) {
    const auto file = numbered_file("short.wav", 4000);
    serve({"--play", file.string(), "--then-hangup"});
    const auto heard = folder / "heard.slin";
    const auto result = call({"--record", heard.string(), "--duration", "100", "--json"});
    EXPECT_EQ(result.code, 0) << result.out;
    EXPECT_EQ(result.json().at("end").at("reason").as_string(), "peer hung up");
    const auto samples = read_mono(heard);
    expect_whole(numbers(4000), samples);
    EXPECT_EQ(std::ranges::count_if(samples, [](auto s) { return s != 0; }), 4000);
    // The file is 25 whole frames. After it there are 100 ms of silence, because Asterisk may drop audio that comes
    // right before a hang-up.
    EXPECT_EQ(samples.end() - std::ranges::find(samples, 4000), 1 + 800);
    EXPECT_EQ(stop(), 0);
}

TEST_F(serve_and_call, loop_has_no_seam) {
    const auto file = numbered_file("loop.wav", 1000); // no multiple of a frame
    serve({"--play", file.string(), "--loop"});
    recorded_call one(where, folder / "heard.slin");
    EXPECT_TRUE(one.wait_for_sound(5000));
    EXPECT_EQ(one.hang_up(), 0) << one.caller().out;
    auto samples = one.heard();
    samples.erase(samples.begin(), std::ranges::find_if(samples, [](auto s) { return s != 0; }));
    for (std::size_t i = 0; i < samples.size(); ++i)
        ASSERT_EQ(samples[i], static_cast<int>(i % 1000) + 1) << i;
    EXPECT_EQ(stop(), 0);
}

TEST_F(serve_and_call, digits_arrive_in_order) {
    serve({"--exit-after", "1"});
    process caller(command({"call", where, "--dtmf", "12#", "--dtmf-after", "0.1", "--duration", "100"}));
    ASSERT_TRUE(server->wait_for_output("\"digit\":\"#\"")) << server->out;
    caller.signal(SIGINT);
    EXPECT_EQ(caller.wait(), 0) << caller.out;
    EXPECT_EQ(server->wait(), 0);
    const auto one = server->out.find("\"digit\":\"1\"");
    const auto two = server->out.find("\"digit\":\"2\"");
    EXPECT_LT(one, two) << server->out;
    EXPECT_LT(two, server->out.find("\"digit\":\"#\"")) << server->out;
}

TEST_F(serve_and_call, killed_server_leaves_a_readable_recording) {
    constexpr std::chrono::milliseconds enough{900};
    const auto length = [&] {
        try {
            return sound_reader(recording()).duration().value_or(std::chrono::nanoseconds{});
        } catch (const std::exception&) {
            return std::chrono::nanoseconds{}; // it was not started
        }
    };
    serve({"--tone", "440", "--record", (folder / "rec").string()});
    const process caller(command({"call", where, "--duration", "100"}));
    // The length comes from its header, which is updated once a second.
    ASSERT_TRUE(eventually([&] { return length() >= enough; })) << "it has " << length().count() << " ns";
    server->signal(SIGKILL);
    EXPECT_EQ(server->wait(), 128 + SIGKILL);
    const sound_reader after(recording());
    EXPECT_EQ(after.file_channels(), 2);
    EXPECT_GE(after.duration().value(), enough);
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
    raw_peer caller = raw_caller();
    ASSERT_TRUE(server->wait_for_errors("recording stopped")) << server->err;
    caller.send(frame(kind::dtmf, raw("5")));
    EXPECT_TRUE(server->wait_for_output(R"("digit":"5")")) << server->out;
    const std::size_t more = caller.socket().available() + 10 * 323; // what comes from now on
    EXPECT_EQ(caller.receive_bytes(more).size(), more);
    caller.finish();
    EXPECT_EQ(server->wait(), 0);
    EXPECT_GE(sound_reader(recording()).duration().value(), std::chrono::milliseconds(500));
}
