// SPDX-License-Identifier: Apache-2.0
#include "diagnosis/framing_judge.hpp"
#include "diagnosis/stream_judge.hpp"

#include "unit/app/diagnosis/streams.hpp"

#include "support/seed.hpp"

#include <gtest/gtest.h>

#include <random>

#include <string_view>

namespace audiosocket::app::diagnosis {
namespace {

using namespace std::chrono_literals;
using namespace std::string_view_literals;
using test::as_slin;
using test::byte_string;
using test::make;

byte_string bytes_of(std::string_view text) {
    const auto bytes = std::as_bytes(std::span(text));
    return {bytes.begin(), bytes.end()};
}

void append(byte_string& to, std::span<const std::byte> more) {
    to.insert(to.end(), more.begin(), more.end());
}

byte_string message_of(kind k, std::span<const std::byte> payload, bool little_endian = false) {
    byte_string out(header_bytes);
    write_header({k, static_cast<std::uint16_t>(payload.size())}, std::span(out).first<header_bytes>());
    if (little_endian) std::swap(out[1], out[2]);
    append(out, payload);
    return out;
}

byte_string voice() {
    return as_slin(make(16'000, -12, test::voiced(140)));
}

// Returns messages of this size.
byte_string stream(std::span<const std::byte> sound, std::size_t size = 320, bool little_endian = false) {
    byte_string out;
    for (std::size_t at = 0; at + size <= sound.size(); at += size)
        append(out, message_of(kind::slin, sound.subspan(at, size), little_endian));
    return out;
}

byte_string call(std::span<const std::byte> audio) {
    byte_string out = message_of(kind::id, byte_string(16, std::byte{0xa5}));
    append(out, audio);
    append(out, message_of(kind::hangup, {}));
    return out;
}

// The same stream whole, byte by byte, and in pieces of a packet.
std::string found_in(sender from, std::span<const std::byte> bytes, std::string* text = nullptr) {
    std::string first;
    for (const std::size_t size : {bytes.size(), std::size_t{1}, std::size_t{100}, std::size_t{1448}}) {
        framing_judge judge(from);
        int changes = 0;
        for (std::size_t at = 0; at < bytes.size(); at += size)
            changes += judge.feed(bytes.subspan(at, std::min(size, bytes.size() - at))) ? 1 : 0;
        changes += judge.end() ? 1 : 0;
        EXPECT_EQ(changes, judge.result() ? 1 : 0);
        const std::string code = judge.result() ? std::string(name(judge.result()->code)) : "";
        if (size == bytes.size()) first = code;
        EXPECT_EQ(code, first) << "in pieces of " << size << ": " << (judge.result() ? to_text(*judge.result()) : "");
        if (text && judge.result()) *text = to_text(*judge.result());
    }
    return first;
}

TEST(framing_judge, streams_in_order_give_nothing) {
    const auto silence = byte_string(32'000);
    for (const auto& sound : {voice(), silence, as_slin(test::random_samples(16'000, 1))}) {
        for (const std::size_t size : {160U, 320U, 480U, 512U, 514U, 640U, 1764U, 8000U}) {
            const auto audio = stream(sound, size);
            EXPECT_EQ(found_in(sender::server, audio), "") << size;
            EXPECT_EQ(found_in(sender::caller, call(audio)), "") << size;
        }
    }
    EXPECT_EQ(found_in(sender::server, {}), "");
    EXPECT_EQ(found_in(sender::caller, message_of(kind::id, byte_string(16))), "");
}

TEST(framing_judge, mistakes_within_audiosocket_are_no_other_protocol) {
    const auto sound = voice();
    auto two_hangups = stream(sound);
    append(two_hangups, byte_string(6));
    EXPECT_EQ(found_in(sender::server, two_hangups), "");
    EXPECT_EQ(found_in(sender::server, byte_string(3)), "") << "a server that refuses the call";
    auto audio_behind = byte_string(3);
    append(audio_behind, stream(sound));
    EXPECT_EQ(found_in(sender::server, audio_behind), "");
    auto foreign = message_of(kind::silence, {});
    append(foreign, stream(sound));
    EXPECT_EQ(found_in(sender::server, foreign), "");
    auto unknown = stream(std::span(sound).first(3200));
    append(unknown, message_of(static_cast<kind>(0x42), byte_string(9)));
    append(unknown, stream(sound));
    EXPECT_EQ(found_in(sender::server, unknown), "");
    EXPECT_EQ(found_in(sender::caller, message_of(kind::id, byte_string(15))), "");
    EXPECT_EQ(found_in(sender::caller, stream(sound)), "") << "audio before the id";
}

TEST(framing_judge, little_endian_length_is_named) {
    for (const std::size_t size : {160U, 320U, 640U, 1920U}) {
        auto audio = stream(voice(), size, true);
        std::string text;
        EXPECT_EQ(found_in(sender::server, audio, &text), "little_endian_length") << size;
        EXPECT_NE(text.find(std::to_string(size) + " bytes are written as"), std::string::npos) << text;
        append(audio, byte_string(3));
        EXPECT_EQ(found_in(sender::server, audio), "little_endian_length");
    }
    auto caller = message_of(kind::id, byte_string(16, std::byte{7}), true);
    EXPECT_EQ(found_in(sender::caller, caller), "little_endian_length");
}

TEST(framing_judge, audio_without_headers_is_named) {
    auto led_by_silence = byte_string(640);
    append(led_by_silence, voice());
    std::string text;
    EXPECT_EQ(found_in(sender::server, led_by_silence, &text), "no_headers");
    EXPECT_NE(text.find("this is not AudioSocket"), std::string::npos) << text;
    EXPECT_EQ(found_in(sender::server, byte_string(3200)), "no_headers");
    EXPECT_EQ(found_in(sender::caller, byte_string(3200)), "no_headers");
    const auto sound = voice();
    for (std::size_t from = 0; from < 4000; from += 38) // wherever it begins
        EXPECT_NE(found_in(sender::server, std::span(sound).subspan(from)), "") << from;
}

TEST(framing_judge, other_protocols_are_named) {
    struct {
        std::string_view bytes;
        std::string_view name;
    } const rows[] = {
        {"GET / HTTP/1.1\r\nHost: x\r\n\r\n", "an HTTP request"},
        {"GET /ws HTTP/1.1\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n", "a WebSocket request"},
        {"HTTP/1.1 400 Bad Request\r\n", "an HTTP answer"},
        {"INVITE sip:a@b SIP/2.0\r\n", "a SIP request"},
        {"OPTIONS sip:a@b SIP/2.0\r\n", "a SIP request"},
        {"SIP/2.0 200 OK\r\n", "a SIP answer"},
        {"SSH-2.0-OpenSSH_9.2p1\r\n", "SSH"},
        {"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03"sv, "a TLS hello"},
        {"\x15\x03\x03\x00\x02\x02\x46"sv, "a TLS alert"},
        {"PROXY TCP4 1.2.3.4 5.6.7.8 1 2\r\n", "a PROXY header (version 1)"},
        {"\r\n\r\n\0\r\nQUIT\n\x21\x11\x00\x0c"sv, "a PROXY header (version 2)"},
        {"220 mail.example ESMTP\r\n", "a greeting of SMTP or FTP"},
        {"Asterisk Call Manager/9.0.0\r\n", "the manager interface of Asterisk (AMI)"},
        {"agi_network: yes\n", "FastAGI"},
        {"\x10\x0c\x00\x04MQTT\x04\x02\x00\x3c\x00\x00"sv, "MQTT"},
        {"{\"event\":\"start\"}", "JSON"},
    };
    for (const auto& row : rows) {
        for (const sender from : {sender::server, sender::caller}) {
            std::string text;
            EXPECT_EQ(found_in(from, bytes_of(row.bytes), &text), "other_protocol") << row.name;
            EXPECT_NE(text.find(row.name), std::string::npos) << text;
        }
    }
}

TEST(framing_judge, text_and_noise_are_no_audiosocket) {
    EXPECT_EQ(found_in(sender::server, bytes_of("hello, who is there?\r\n")), "no_audiosocket");
    std::string text;
    EXPECT_EQ(found_in(sender::server, as_slin(test::random_samples(200, 3)), &text), "no_audiosocket");
    EXPECT_NE(text.find("400 bytes that begin with"), std::string::npos) << text;
}

TEST(framing_judge, stream_that_stops_making_sense_is_found) {
    auto audio = stream(voice());
    append(audio, bytes_of("Traceback (most recent call last):\n  File \"server.py\", line 1\n"));
    append(audio, byte_string(70'000, std::byte{'x'}));
    std::string text;
    EXPECT_EQ(found_in(sender::server, audio, &text), "no_audiosocket");
    EXPECT_NE(text.find("sends bytes that are not messages, after 100 messages"), std::string::npos) << text;
}

TEST(framing_judge, id_as_text_is_named_with_its_length_and_bytes) {
    constexpr auto uuid_text = "6ba7b810-9dad-11d1-80b4-00c04fd430c8"sv;
    std::string digits;
    for (const char c : uuid_text)
        if (c != '-') digits += c;
    std::string text;
    EXPECT_EQ(found_in(sender::caller, message_of(kind::id, bytes_of(uuid_text)), &text), "id_as_text");
    EXPECT_NE(text.find("36 characters"), std::string::npos) << text;
    EXPECT_NE(text.find("01 00 24 36 62"), std::string::npos) << text;
    EXPECT_EQ(found_in(sender::caller, message_of(kind::id, bytes_of(digits)), &text), "id_as_text");
    EXPECT_NE(text.find("32 characters"), std::string::npos) << text;
    EXPECT_EQ(found_in(sender::caller, bytes_of(std::string(uuid_text) + "\n"), &text), "id_as_text");
    EXPECT_NE(text.find("without a header"), std::string::npos) << text;
}

// Calls, other protocols and noise, with a few bytes changed, removed or added.
byte_string random_stream(std::mt19937& engine) {
    const auto below = [&](std::size_t n) { return std::uniform_int_distribution<std::size_t>(0, n - 1)(engine); };
    byte_string out;
    switch (below(6)) {
    case 0: out = call(stream(voice(), 2 * (1 + below(400)))); break;
    case 1: out = stream(voice(), 2 * (1 + below(400)), true); break;
    case 2: out = as_slin(test::random_samples(1 + below(500), static_cast<unsigned>(engine()))); break;
    case 3: out = bytes_of("GET / HTTP/1.1\r\nHost: x\r\n\r\n"); break;
    case 4: out = byte_string(below(300)); break;
    default: out = message_of(kind::id, bytes_of("6ba7b810-9dad-11d1-80b4-00c04fd430c8")); break;
    }
    for (std::size_t i = below(4); i > 0 && !out.empty(); --i) {
        const auto at = out.begin() + static_cast<std::ptrdiff_t>(below(std::min<std::size_t>(out.size(), 700)));
        switch (below(3)) {
        case 0: *at = static_cast<std::byte>(engine()); break;
        case 1: out.erase(at); break;
        default: out.insert(at, static_cast<std::byte>(engine())); break;
        }
    }
    return out;
}

// Which mistake is reported may depend on how much had arrived. Whether there is a mistake may not.
TEST(framing_judge, any_bytes_are_judged_alike_in_any_pieces) {
    test::for_each_seed(300, [](unsigned seed) {
        std::mt19937 engine(seed);
        const auto bytes = random_stream(engine);
        for (const sender from : {sender::server, sender::caller}) {
            const bool is_wrong = judge_start(from, bytes).has_value();
            for (const std::size_t size : {1U, 7U, 323U, 1448U}) {
                framing_judge judge(from);
                for (std::size_t at = 0; at < bytes.size(); at += size)
                    judge.feed(std::span(bytes).subspan(at, std::min(size, bytes.size() - at)));
                judge.end();
                EXPECT_EQ(judge.result().has_value(), is_wrong) << "in pieces of " << size;
            }
        }
        EXPECT_FALSE(testing::Test::HasFailure()) << test::replay(seed);
        return !testing::Test::HasFailure();
    });
}

TEST(framing_judge, first_bytes_are_judged_at_once) {
    const auto found = judge_start(sender::caller, bytes_of("GET / HTTP/1.1\r\n"));
    ASSERT_TRUE(found);
    EXPECT_EQ(found->code, code::other_protocol);
    EXPECT_FALSE(judge_start(sender::caller, message_of(kind::id, byte_string(16))));
}

TEST(framing_judge, memory_is_bounded) {
    EXPECT_LE(sizeof(framing_judge), 512U);
}

TEST(stream_judge, audio_of_a_stream_is_judged_in_any_pieces) {
    const auto sound = voice();
    const auto bytes = stream(test::encoded(encoding::ulaw, make(16'000, -12, test::voiced(140))), 160);
    for (const std::size_t size : {bytes.size(), std::size_t{1}, std::size_t{163}}) {
        stream_judge judge(sender::server);
        for (std::size_t at = 0; at < bytes.size(); at += size)
            judge.feed(std::span(bytes).subspan(at, std::min(size, bytes.size() - at)), std::nullopt);
        ASSERT_EQ(judge.findings().size(), 1U);
        EXPECT_EQ(judge.findings()[0].code, code::g711_as_slin);
    }
}

TEST(stream_judge, nothing_is_said_of_the_audio_of_something_else) {
    const auto bytes = stream(voice(), 320, true);
    stream_judge judge(sender::server);
    for (std::size_t at = 0; at < bytes.size(); at += 323)
        judge.feed(std::span(bytes).subspan(at, std::min<std::size_t>(323, bytes.size() - at)), at / 323 * 20ms);
    judge.end();
    ASSERT_EQ(judge.findings().size(), 1U);
    EXPECT_EQ(judge.findings()[0].code, code::little_endian_length);
}

} // namespace
} // namespace audiosocket::app::diagnosis
