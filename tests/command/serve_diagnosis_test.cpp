// SPDX-License-Identifier: Apache-2.0
#include "admin_test.hpp"

#include "support/busy_machine.hpp"

using namespace audiosocket;
using namespace audiosocket::test;

namespace {

class serve_diagnosis : public admin_test {
  protected:
    // Like Asterisk before 20.17 and 22.7 with c(slin16): 16 kHz labelled slin.
    recorded_call mislabelled_call(const std::filesystem::path& sound) const {
        return recorded_call(
            where, folder / "heard.slin16",
            {"--as", "asterisk-22.5", "--dial", "--format", "slin16", "--play", sound.string(), "--id", id});
    }

    std::filesystem::path tone_file(int seconds) const {
        std::vector<std::int16_t> sound(static_cast<std::size_t>(seconds) * 16'000);
        tone(tone_hz, 16'000).fill(sound);
        const auto file = folder / "tone.wav";
        sound_writer(file, 16'000).write(sound);
        return file;
    }

    std::filesystem::path recording() const {
        for (const auto& entry : std::filesystem::directory_iterator(folder / "rec"))
            return entry.path();
        return {};
    }

    static int cycles(const std::vector<std::int16_t>& sound) {
        int n = 0;
        bool is_high = false;
        for (const std::int16_t s : sound) {
            n += s > loud && !is_high ? 1 : 0;
            is_high = s > loud || (is_high && s > -loud);
        }
        return n;
    }

    // Returns the time from the first sound to the last.
    static double seconds_of_sound(const std::vector<std::int16_t>& sound) {
        const auto is_loud = [](std::int16_t s) { return s > loud; };
        const auto first = std::ranges::find_if(sound, is_loud);
        const auto end = std::find_if(sound.rbegin(), sound.rend(), is_loud).base();
        return first < end ? static_cast<double>(end - first) / 16'000 : 0;
    }

    static constexpr int loud = 2000; // beside it there is the last bit of silence
    static constexpr int tone_hz = 440;
    static constexpr int held_back_cycles_max = tone_hz / 4; // of a quarter of a second
    const std::string id = "40325ec2-5efd-4bd3-805f-53576e581d13";
};

// A message of GSM: 33 bytes, and the first begins with 0xd.
bytes gsm() {
    bytes payload(33, std::byte{0x5a});
    payload[0] = std::byte{0xd2};
    return frame(kind::slin, payload);
}

} // namespace

TEST_F(serve_diagnosis, rate_that_the_settings_name_is_recorded_bit_exact) {
    serve({"--echo", "--record", (folder / "rec").string(), "--input-format", "slin16", "--exit-after", "1"});
    auto caller = mislabelled_call(numbered_file("said.wav", 16'000, 16'000));
    EXPECT_TRUE(caller.wait_for_sound(14'000)); // of the echo
    EXPECT_TRUE(eventually([&] { return sound_reader(recording()).duration() >= std::chrono::seconds(1); }));
    caller.hang_up();
    EXPECT_EQ(server->wait(), 0);
    EXPECT_EQ(sound_reader(recording()).file_rate_hz(), 16'000);
    expect_in_order(numbers(16'000), channel(recording(), 0));
    EXPECT_NE(server->out.find(R"("format":"slin16")"), std::string::npos) << server->out;
    EXPECT_EQ(server->out.find(R"("event":"finding")"), std::string::npos) << server->out;
}

// Three seconds of call are three seconds of recording, at the right pitch. The echo lacks the audio that was held back
// until the rate was known, because it would stay late.
TEST_F(serve_diagnosis, realtime_wrong_label_is_found_out_said_and_right_from_the_first_sample_on) {
    const busy_machine machine;
    start({"--echo", "--record", (folder / "rec").string(), "--exit-after", "1"});
    auto caller = mislabelled_call(tone_file(3));
    in_real_time(machine, [&] {
        EXPECT_TRUE(server->wait_for_output(R"("code":"wrong_rate","fault":false)")) << server->out;
        const auto found = get("/calls").json().at("calls").at(0).at("findings").at(0);
        EXPECT_EQ(found.at("code").as_string(), "wrong_rate");
        EXPECT_EQ(get("/metrics").metric("audiosocket_findings_total{code=\"wrong_rate\"}"), 1);
    });
    EXPECT_TRUE(eventually([&] { return cycles(channel(recording(), 0)) >= 3 * tone_hz - 3; }));
    in_real_time(machine, [&] {
        EXPECT_TRUE(eventually([&] { return cycles(caller.heard()) >= 3 * tone_hz - held_back_cycles_max; }));
    });
    caller.hang_up();
    EXPECT_EQ(server->wait(), 0);
    in_real_time(machine, [&] {
        EXPECT_EQ(sound_reader(recording()).file_rate_hz(), 16'000);
        const auto recorded = channel(recording(), 0);
        EXPECT_NEAR(cycles(recorded), 3 * tone_hz, 3);
        EXPECT_NEAR(seconds_of_sound(recorded), 3, 0.05);
        EXPECT_LE(cycles(caller.heard()), 3 * tone_hz + 3);
        EXPECT_NEAR(cycles(caller.heard()) / seconds_of_sound(caller.heard()), tone_hz, 15);
        EXPECT_NE(server->err.find("16 kHz samples labelled slin? It is read as slin16"), std::string::npos);
    });
}

TEST_F(serve_diagnosis, wrong_rate_is_a_warning_where_the_settings_say_that_the_label_is_right) {
    start({"--input-format", "slin"});
    auto caller = mislabelled_call(tone_file(60));
    ASSERT_TRUE(server->wait_for_output(R"("code":"wrong_rate","fault":true)")) << server->out;
    EXPECT_NE(server->out.find("--input-format slin16"), std::string::npos) << server->out;
    caller.hang_up();
    EXPECT_EQ(stop(), 0);
    EXPECT_NE(server->err.find("audio arrives at "), std::string::npos) << server->err; // the speed is measured
}

TEST_F(serve_diagnosis, another_codec_is_named_counted_and_not_echoed) {
    start({"--echo"});
    raw_peer caller = raw_caller();
    for (int i = 0; i < 30; ++i)
        caller.send(gsm());
    ASSERT_TRUE(server->wait_for_output(R"("code":"codec_as_slin","fault":true)")) << server->out;
    EXPECT_TRUE(server->wait_for_errors("that is GSM")) << server->err;
    EXPECT_EQ(get("/metrics").metric("audiosocket_findings_total{code=\"codec_as_slin\"}"), 1);

    const auto is_silence = [&] {
        const auto m = messages_in(caller.receive_bytes(323)).at(0);
        return std::ranges::all_of(m.payload, [](std::byte b) { return b == std::byte{}; });
    };
    for (int silent = 0; silent < 25;) // what was echoed before it was recognised
        silent = is_silence() ? silent + 1 : 0;
    for (int i = 0; i < 100; ++i)
        caller.send(gsm());
    ASSERT_TRUE(caller.wait_until_read());
    for (int i = 0; i < 50; ++i)
        EXPECT_TRUE(is_silence()) << i;
    caller.finish();
    EXPECT_EQ(stop(), 0);
}

TEST_F(serve_diagnosis, connection_that_is_not_a_call_is_named_with_its_first_bytes) {
    start({});
    struct stranger {
        bytes sent;
        std::string said;
    };
    const bytes id_message = frame(kind::id, raw("40325ec2-5efd-4bd3-805f-53576e581d13"));
    bytes pcm;
    tone hum(440, 8000);
    std::vector<std::int16_t> sound(800);
    hum.fill(sound);
    for (const auto s : sound) {
        pcm.push_back(static_cast<std::byte>(s & 0xff));
        pcm.push_back(static_cast<std::byte>((s >> 8) & 0xff));
    }
    const std::vector<stranger> all{
        {id_message, "the caller sends the UUID as text of 36 characters"},
        {raw("40325ec2-5efd-4bd3-805f-53576e581d13"), "the UUID as text of 36 characters, without a header"},
        {raw("40325ec25efd4bd3805f53576e581d13"), "the UUID as text of 32 characters, without a header: 34 30 33 32"},
        {raw("GET / HTTP/1.1\r\nHost: pbx\r\n\r\n"), "the caller sends an HTTP request, not AudioSocket: 47 45 54 20"},
        {raw("REGISTER sip:pbx SIP/2.0\r\n\r\n"), "a SIP request"},
        {raw("PROXY TCP4 10.0.0.1 10.0.0.2 1 9092\r\n"), "a PROXY header (version 1)"},
        {pcm, "audio without headers"},
        {raw({1, 16, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16}), "is little endian: 01 10 00"},
        {raw({9, 9, 9}), "3 bytes that begin with 09 09 09"},
        {frame(kind::slin, bytes(2)), "it began with 10 00 02 00 00"},
    };
    for (std::size_t i = 0; i < all.size(); ++i) {
        SCOPED_TRACE(all[i].said);
        raw_peer peer(endpoint(), "127.0.0." + std::to_string(i + 10)); // each has a quota of its own
        peer.send(all[i].sent);
        peer.finish();
        EXPECT_TRUE(server->wait_for_errors(all[i].said)) << server->err;
    }
    EXPECT_EQ(get("/metrics").metric("audiosocket_findings_total{code=\"id_as_text\"}"), 3);
    EXPECT_EQ(stop(), 0);
}
