// SPDX-License-Identifier: Apache-2.0
#include "inspect/stream_inspector.hpp"

#include "inspect/wording.hpp"

#include "unit/app/inspect/captures.hpp"

#include <gtest/gtest.h>

namespace audiosocket::app::inspect {
namespace {

using namespace std::chrono_literals;
using test::audio_frame;
using test::bytes;
using test::frame;
using test::id_frame;
using test::operator+;
using test::raw;

struct inspected {
    std::vector<seen_message> messages;
    stream_findings findings;

    bool has(fault f) const { return findings.remarks.all().contains(f); }
};

inspected inspect(const bytes& stream, side from = side::caller, test::split how = test::split::whole) {
    inspected result;
    stream_inspector inspector(from, false, true, [&](const seen_message& m) { result.messages.push_back(m); });
    std::mt19937 random(1);
    test::cut(stream, how, random, [&](auto piece) { inspector.feed(piece, 0us); });
    inspector.end(ending::closed);
    result.findings = inspector.findings();
    return result;
}

bytes text(const std::string& of) {
    return raw(std::string_view(of));
}

TEST(inspect_stream, call_however_split_gives_the_same_messages) {
    const bytes call = id_frame() + audio_frame() + frame(kind::dtmf, raw("5")) + audio_frame() + frame(kind::hangup);
    for (const auto how : test::all_splits) {
        const auto seen = inspect(call, side::caller, how);
        ASSERT_EQ(seen.messages.size(), 5U);
        EXPECT_EQ(seen.messages[1].where.offset, 19U);
        EXPECT_EQ(seen.messages[2].where.offset, 342U);
        EXPECT_EQ(seen.findings.end, ending::hangup);
        EXPECT_EQ(seen.findings.audio(), 40ms);
        EXPECT_NEAR(seen.findings.peak_dbfs, -12.2, 0.1);
        EXPECT_TRUE(seen.findings.id.has_value());
        EXPECT_TRUE(seen.findings.remarks.all().empty());
    }
}

TEST(inspect_stream, stream_cut_at_any_byte_says_where) {
    const bytes call = id_frame() + audio_frame();
    for (std::size_t size = 1; size < call.size(); ++size) {
        const auto seen = inspect(bytes(call.begin(), call.begin() + static_cast<std::ptrdiff_t>(size)));
        if (size == 19) {
            EXPECT_EQ(seen.findings.end, ending::closed);
            continue;
        }
        const std::size_t begun = size < 19 ? 0 : 19;
        EXPECT_EQ(seen.findings.end, ending::cut) << size;
        EXPECT_EQ(seen.findings.end_offset, begun);
        EXPECT_EQ(seen.findings.cut_bytes, size - begun);
        EXPECT_FALSE(seen.findings.is_sound());
    }
}

TEST(inspect_stream, other_protocol_is_recognised_by_its_first_header) {
    for (const auto how : test::all_splits) {
        const auto seen = inspect(text("GET / HTTP/1.1\r\nHost: me\r\n\r\n"), side::caller, how);
        EXPECT_EQ(seen.findings.end, ending::nonsense);
        EXPECT_EQ(seen.findings.end_offset, 0U);
        EXPECT_TRUE(seen.messages.empty());
    }
    EXPECT_NE(inspect(text("GET / HTTP/1.1\r\n")).findings.nonsense.find("HTTP"), std::string::npos);
}

TEST(inspect_stream, noise_after_a_call_gives_the_offset_where_it_begins) {
    const bytes call = id_frame() + audio_frame();
    const auto seen = inspect(call + text("this is not a message at all, and goes on"));
    EXPECT_EQ(seen.findings.end, ending::nonsense);
    EXPECT_EQ(seen.findings.end_offset, call.size());
}

TEST(inspect_stream, one_unknown_kind_between_messages_is_skipped) {
    const auto seen = inspect(id_frame() + frame(0x55, raw("abc")) + audio_frame());
    EXPECT_EQ(seen.messages.size(), 3U);
    EXPECT_TRUE(seen.has(fault::unknown_kind));
    EXPECT_TRUE(seen.findings.is_sound());
}

std::string codes(const inspected& seen) {
    std::string all;
    for (const auto& f : seen.findings.diagnoses)
        all += std::string(all.empty() ? "" : " ") + std::string(name(f.code));
    return all;
}

// Audio messages of these sizes, with a continuous payload.
bytes messages(const bytes& payload, std::size_t size) {
    bytes stream;
    for (std::size_t at = 0; at + size <= payload.size(); at += size)
        stream = std::move(stream) + frame(kind::slin, {payload.begin() + static_cast<std::ptrdiff_t>(at),
                                                        payload.begin() + static_cast<std::ptrdiff_t>(at + size)});
    return stream;
}

bytes noise(std::size_t size) {
    std::mt19937 random(2);
    bytes all(size);
    std::generate(all.begin(), all.end(), [&] { return static_cast<std::byte>(random() & 0xff); });
    return all;
}

// A tone whose periods do not fit a message.
bytes tone(std::size_t samples, double radians_a_sample, double amplitude = 8000) {
    bytes pcm;
    for (std::size_t i = 0; i < samples; ++i) {
        const auto value =
            static_cast<unsigned>(std::lrint(amplitude * std::sin(static_cast<double>(i) * radians_a_sample)));
        pcm.push_back(static_cast<std::byte>(value & 0xff));
        pcm.push_back(static_cast<std::byte>(value >> 8 & 0xff));
    }
    return pcm;
}

TEST(inspect_stream, zeros_are_audio_without_headers) {
    for (const auto how : test::all_splits) {
        const auto seen = inspect(bytes(5000), side::server, how);
        EXPECT_EQ(seen.findings.end, ending::nonsense);
        EXPECT_EQ(codes(seen), "no_headers");
        EXPECT_LE(seen.messages.size(), 2U);
        EXPECT_TRUE(seen.findings.remarks.all().empty());
        EXPECT_FALSE(seen.findings.is_sound());
    }
}

TEST(inspect_stream, little_endian_length_is_named_and_nothing_else) {
    bytes stream = id_frame();
    for (int i = 0; i < 50; ++i)
        stream = std::move(stream) + audio_frame();
    for (std::size_t at = 0; at < stream.size();) {
        const std::size_t size =
            std::to_integer<std::size_t>(stream[at + 1]) << 8 | std::to_integer<std::size_t>(stream[at + 2]);
        std::swap(stream[at + 1], stream[at + 2]);
        at += header_bytes + size;
    }
    for (const auto how : test::all_splits) {
        const auto seen = inspect(stream, side::caller, how);
        EXPECT_EQ(codes(seen), "little_endian_length");
        EXPECT_TRUE(seen.messages.empty());
        EXPECT_TRUE(seen.findings.remarks.all().empty());
        EXPECT_EQ(describe_end(seen.findings), "never began: not AudioSocket");
    }
}

TEST(inspect_stream, stranger_has_a_diagnosis_with_advice) {
    const auto seen = inspect(text("GET / HTTP/1.1\r\nHost: me\r\n\r\n"));
    EXPECT_EQ(codes(seen), "other_protocol");
    EXPECT_EQ(seen.findings.diagnoses.at(0).advice, "is the port right?");
}

TEST(inspect_stream, other_codec_under_slin_is_named) {
    EXPECT_EQ(codes(inspect(id_frame() + messages(noise(16'000), 160))), "codec_as_slin"); // two seconds of G.722
    bytes gsm = noise(3300);
    for (std::size_t at = 0; at < gsm.size(); at += 33)
        gsm[at] = (gsm[at] & std::byte{0x0f}) | std::byte{0xd0};
    const auto seen = inspect(id_frame() + messages(gsm, 33));
    EXPECT_EQ(codes(seen), "codec_as_slin");
    EXPECT_FALSE(seen.findings.is_sound());
}

TEST(inspect_stream, file_header_played_as_sound_is_a_remark) {
    const bytes wav = test::raw("RIFF\x24\x7d") + bytes(2) + test::raw("WAVEfmt \x10") + bytes(3) +
                      test::raw({1, 0, 1, 0, 0x40, 0x1f}) + bytes(2) + test::raw({0x80, 0x3e, 0, 0, 2, 0, 16, 0}) +
                      test::raw("data") + test::raw({0, 0x7d, 0, 0});
    const auto seen = inspect(messages(wav + tone(8000, 0.3), 320), side::server);
    EXPECT_EQ(codes(seen), "file_header");
    EXPECT_TRUE(seen.findings.is_sound());
}

TEST(inspect_stream, both_directions_in_one_file_are_named) {
    const auto mixed = [](const bytes& a, const bytes& b) {
        bytes stream = id_frame();
        for (std::size_t at = 0; at + 320 <= std::min(a.size(), b.size()); at += 320)
            for (const bytes* from : {&a, &b})
                stream = std::move(stream) + frame(kind::slin, {from->begin() + static_cast<std::ptrdiff_t>(at),
                                                                from->begin() + static_cast<std::ptrdiff_t>(at + 320)});
        return stream;
    };
    EXPECT_TRUE(inspect(mixed(tone(8000, 0.31), tone(8000, 0.17))).has(fault::both_directions));
    EXPECT_TRUE(inspect(mixed(tone(8000, 0.31), bytes(16'000))).has(fault::both_directions));
    for (const bytes& one : {tone(16'000, 0.31), tone(16'000, 0.05), tone(16'000, 2.9), bytes(32'000), noise(32'000)})
        EXPECT_FALSE(inspect(id_frame() + messages(one, 320)).has(fault::both_directions));
}

TEST(inspect_stream, random_bytes_never_stop_the_program) {
    std::mt19937 random(7);
    std::uniform_int_distribution<int> any(0, 255);
    for (int run = 0; run < 200; ++run) {
        bytes noise = run % 2 != 0 ? id_frame() : bytes{};
        for (int i = 0; i < 3000; ++i)
            noise.push_back(static_cast<std::byte>(any(random)));
        for (const side from : {side::caller, side::server})
            EXPECT_NE(inspect(noise, from, test::split::random).findings.end, ending::hangup);
    }
}

TEST(inspect_stream, caller_that_breaks_the_rules_is_reported) {
    EXPECT_TRUE(inspect(audio_frame()).has(fault::id_missing));
    EXPECT_TRUE(inspect(frame(kind::id, raw("short"))).has(fault::id_length));
    EXPECT_TRUE(inspect(id_frame() + id_frame()).has(fault::id_repeated));
    EXPECT_TRUE(inspect(id_frame() + frame(kind::dtmf, raw("x"))).has(fault::bad_digit));
    EXPECT_TRUE(inspect(id_frame() + frame(kind::error, raw({1}))).has(fault::error_message));
}

TEST(inspect_stream, server_that_breaks_the_rules_is_reported) {
    const auto judged = [](const bytes& stream) { return inspect(stream, side::server); };
    for (const kind k : {kind::id, kind::silence, kind::dtmf, kind::error})
        EXPECT_TRUE(judged(audio_frame() + frame(k)).has(fault::kind_not_for_asterisk));
    EXPECT_TRUE(judged(frame(kind::slin)).has(fault::empty_audio));
    EXPECT_TRUE(judged(frame(kind::slin, bytes(321))).has(fault::odd_audio));
    EXPECT_TRUE(judged(audio_frame() + frame(kind::slin16, bytes(640))).has(fault::mixed_kinds));
    EXPECT_TRUE(judged(frame(kind::hangup) + audio_frame()).has(fault::sent_after_hangup));
    EXPECT_TRUE(judged(audio_frame() + frame(kind::hangup)).findings.remarks.all().empty());
}

TEST(inspect_stream, g711_under_slin_counts_twice_the_samples) {
    bytes call = id_frame();
    for (int i = 0; i < 50; ++i) {
        std::vector<std::int16_t> samples(160);
        for (std::size_t n = 0; n < samples.size(); ++n) {
            const double t = static_cast<double>(n) + i * 160;
            samples[n] =
                static_cast<std::int16_t>(9000 * std::sin(t * 0.11) * std::sin(t * 0.0021) + 4000 * std::sin(t * 0.37));
        }
        bytes codes(160);
        encode(encoding::ulaw, samples, codes);
        call = call + frame(kind::slin, codes);
    }
    const auto seen = inspect(call);
    EXPECT_EQ(seen.findings.audio_encoding, encoding::ulaw);
    EXPECT_EQ(seen.findings.audio(), 1s);
}

TEST(inspect_stream, hole_inside_audio_loses_only_sound) {
    std::size_t messages = 0;
    stream_inspector inspector(side::caller, true, true, [&](const seen_message&) { ++messages; });
    const bytes audio = audio_frame();
    inspector.feed(id_frame(), 0us);
    inspector.feed(std::span(audio).first(50), 20ms);
    EXPECT_TRUE(inspector.lost(200, 20ms));
    inspector.feed(std::span(audio).subspan(250), 20ms);
    inspector.feed(audio, 40ms);
    inspector.end(ending::closed);
    EXPECT_EQ(messages, 3U);
    EXPECT_EQ(inspector.findings().end, ending::closed);
    EXPECT_EQ(inspector.findings().bytes, 19U + 2 * 323);
}

TEST(inspect_stream, hole_over_a_header_ends_at_the_next_message) {
    std::size_t messages = 0;
    stream_inspector inspector(side::server, true, true, [&](const seen_message&) { ++messages; });
    const bytes audio = audio_frame();
    inspector.feed(std::span(audio).first(50), 0us);
    EXPECT_FALSE(inspector.lost(400, 20ms));
    inspector.feed(std::span(audio).subspan(127), 40ms); // the rest of a message whose header is gone
    inspector.feed(audio, 60ms);
    inspector.end(ending::closed);
    EXPECT_EQ(messages, 1U);
    EXPECT_EQ(inspector.findings().bytes, 50U + 400 + 196 + 323);
}

TEST(inspect_stream, server_message_in_pieces_is_judged_by_the_clock) {
    stream_inspector inspector(side::server, true, true, [](const seen_message&) {});
    const bytes audio = audio_frame();
    const auto faults = [&] { return inspector.findings().remarks.all(); };
    inspector.feed(std::span(audio).first(100), 0us);
    inspector.feed(std::span(audio).subspan(100), 5ms); // just in time
    EXPECT_TRUE(faults().empty());
    inspector.feed(std::span(audio).first(100), 20ms);
    inspector.feed(std::span(audio).subspan(100), 26ms);
    EXPECT_EQ(faults().at(fault::slow_message).worst, 6);
    EXPECT_FALSE(faults().contains(fault::split_header));
    inspector.feed(std::span(audio).first(2), 40ms);
    inspector.feed(std::span(audio).subspan(2), 40ms);
    EXPECT_TRUE(faults().contains(fault::split_header));
}

} // namespace
} // namespace audiosocket::app::inspect
