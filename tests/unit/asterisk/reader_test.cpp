// SPDX-License-Identifier: Apache-2.0
#include "support/bytes.hpp"
#include "support/seed.hpp"
#include <audiosocket/asterisk/reader.hpp>

#include <gtest/gtest.h>

#include <random>

namespace audiosocket::asterisk {
namespace {

using namespace std::chrono_literals;
using test::bytes;
using result = call_outcome::result;

bytes frame(std::size_t payload_bytes, kind k = kind::slin) {
    bytes out(header_bytes + payload_bytes, std::byte{0x55});
    write_header({k, static_cast<std::uint16_t>(payload_bytes)}, std::span(out).first<header_bytes>());
    return out;
}

// A reader of one release, and a clock that only the test moves.
struct listening {
    explicit listening(std::string_view version, interface through = interface::application)
        : of(*find_release(version), through, now) {}

    void hear(std::span<const std::byte> some, std::chrono::nanoseconds after = 0ms) {
        wait(after);
        of.receive(some, now);
    }
    // One message whose first `at` bytes arrive before the others.
    void hear_split(const bytes& m, std::size_t at, std::chrono::nanoseconds pause = 1ms) {
        hear(std::span(m).first(at));
        hear(std::span(m).subspan(at), pause);
    }
    void wait(std::chrono::nanoseconds time) {
        now += time;
        of.advance(now);
    }
    bool keeps() const { return !of.end(); }
    result ended() const { return of.end() ? of.end()->what : throw std::logic_error("the call is up"); }
    std::string why() const { return of.end() ? of.end()->why : ""; }

    time_point now{1000s};
    reader of;
};

class every_release : public testing::TestWithParam<std::string> {};

INSTANTIATE_TEST_SUITE_P(asterisk, every_release,
                         testing::Values("18", "20.14", "22.5", "20.17", "22.7", "23.3", "22.10"), [](const auto& of) {
                             std::string name = of.param;
                             std::ranges::replace(name, '.', '_');
                             return name;
                         });

TEST_P(every_release, whole_messages_keep_the_call) {
    listening l(GetParam());
    for (int i = 0; i < 200; ++i)
        l.hear(frame(320), 20ms);
    EXPECT_TRUE(l.keeps()) << l.why();
    EXPECT_FALSE(l.of.blocked());
}

TEST_P(every_release, several_messages_at_once_keep_the_call) {
    listening l(GetParam());
    bytes all;
    for (int i = 0; i < 50; ++i) {
        const bytes one = frame(320);
        all.insert(all.end(), one.begin(), one.end());
    }
    l.hear(all);
    EXPECT_TRUE(l.keeps()) << l.why();
}

TEST_P(every_release, reset_ends_the_call) {
    listening l(GetParam());
    l.hear(frame(320));
    l.of.receive_reset(l.now);
    EXPECT_EQ(l.ended(), result::fails);
}

TEST_P(every_release, frame_that_is_not_taken_whole_ends_the_call) {
    listening l(GetParam());
    l.of.sent(true, l.now);
    EXPECT_TRUE(l.keeps());
    l.of.sent(false, l.now);
    EXPECT_EQ(l.ended(), result::fails);
    EXPECT_FALSE(l.of.end()->by_server);
}

TEST_P(every_release, end_inside_a_payload_ends_the_call) {
    listening l(GetParam());
    l.hear(std::span<const std::byte>(frame(320)).first(100));
    l.of.receive_end(l.now);
    EXPECT_EQ(l.ended(), result::fails);
}

TEST(asterisk_reader, hangup_lets_the_dialplan_go_on_since_20_14) {
    for (const release& r : releases()) {
        listening l(r.version);
        l.hear(frame(5, kind::hangup));
        EXPECT_EQ(l.ended(), r.version == "18" ? result::fails : result::goes_on) << r.version;
        EXPECT_TRUE(l.of.end()->by_server);
    }
}

TEST(asterisk_reader, end_between_messages_makes_18_spin) {
    for (const release& r : releases()) {
        listening l(r.version);
        l.hear(frame(320));
        l.of.receive_end(l.now);
        EXPECT_EQ(l.ended(), r.version == "18" ? result::spins : result::goes_on) << r.version;
    }
}

TEST(asterisk_reader, end_inside_a_header_is_an_ordinary_end_since_20_17) {
    for (const std::string version : {"20.17", "22.7", "23.3", "22.10"}) {
        listening l(version);
        l.hear(std::span<const std::byte>(frame(320)).first(2));
        l.of.receive_end(l.now);
        EXPECT_EQ(l.ended(), result::goes_on) << version;
    }
    for (const std::string version : {"18", "20.14", "22.5"}) {
        listening l(version);
        l.hear(std::span<const std::byte>(frame(320)).first(2));
        l.of.receive_end(l.now);
        EXPECT_EQ(l.ended(), result::fails) << version;
    }
}

TEST(asterisk_reader, other_kinds_and_empty_audio_are_ignored_by_18_only) {
    for (const release& r : releases())
        for (const bytes& m :
             {frame(16, kind::id), frame(0, kind::silence), frame(1, kind::dtmf), frame(1, kind::error), frame(0)}) {
            listening l(r.version);
            l.hear(m);
            l.hear(frame(320), 20ms);
            EXPECT_EQ(l.keeps(), r.version == "18") << r.version << ": " << l.why();
        }
}

TEST(asterisk_reader, wideband_is_known_since_20_17_and_22_7) {
    for (const release& r : releases()) {
        listening l(r.version);
        l.hear(frame(640, kind::slin16));
        const bool known = r.version != "20.14" && r.version != "22.5"; // 18 skips it
        EXPECT_EQ(l.keeps(), known) << r.version;
    }
}

TEST(asterisk_reader, header_in_two_pieces_is_read_right_since_23_3_only) {
    for (const release& r : releases())
        for (const std::size_t at : {1U, 2U}) {
            listening l(r.version);
            l.hear_split(frame(320), at);
            EXPECT_EQ(l.keeps(), r.version == "23.3" || r.version == "22.10") << r.version << " at " << at;
        }
}

// 160 bytes are 00 a0: the second piece is read as the kind, which becomes a hangup.
TEST(asterisk_reader, split_header_of_160_bytes_is_a_silent_hangup_in_22_7) {
    listening l("22.7");
    l.hear_split(frame(160), 1);
    EXPECT_EQ(l.ended(), result::goes_on);
    listening other("22.7");
    other.hear_split(frame(7680, kind::slin192), 2); // 1e 00
    EXPECT_EQ(other.ended(), result::goes_on);
}

TEST(asterisk_reader, split_header_whose_length_looks_like_a_kind_is_taken_for_audio_in_22_7) {
    listening l("22.7");
    l.hear_split(frame(0x1040, kind::slin192), 1); // 10 40: "slin" of 0x4055 bytes
    EXPECT_TRUE(l.keeps());
    EXPECT_TRUE(l.of.blocked()); // waits for the rest of a message that does not exist
    l.wait(6ms);
    EXPECT_EQ(l.ended(), result::fails);
}

TEST(asterisk_reader, payload_in_pieces_is_waited_for_5_ms_since_22_5) {
    for (const release& r : releases()) {
        listening quick(r.version);
        quick.hear_split(frame(320), 100, 4ms);
        EXPECT_EQ(quick.keeps(), r.version != "18" && r.version != "20.14") << r.version;
        listening slow(r.version);
        slow.hear_split(frame(320), 100, 6ms);
        EXPECT_FALSE(slow.keeps()) << r.version;
    }
}

TEST(asterisk_reader, payload_dripped_in_time_keeps_the_call) {
    listening l("22.10");
    const bytes m = frame(320);
    for (std::size_t i = 0; i < m.size(); ++i)
        l.hear(std::span(m).subspan(i, 1), 4ms);
    EXPECT_TRUE(l.keeps()) << l.why();
}

TEST(asterisk_reader, rest_of_a_header_is_waited_for_without_end) {
    listening l("22.10");
    l.hear(std::span<const std::byte>(frame(320)).first(1));
    EXPECT_TRUE(l.of.blocked());
    EXPECT_EQ(l.of.deadline(), time_point::max());
    l.wait(1h);
    EXPECT_TRUE(l.keeps());
    EXPECT_EQ(l.of.blocked_max(l.now), 1h);
}

TEST(asterisk_reader, channel_starves_until_the_first_message) {
    for (const release& r : releases()) {
        listening l(r.version, interface::channel);
        EXPECT_EQ(l.of.blocked(), r.starves()) << r.version;
        l.hear(frame(320), 300ms);
        EXPECT_FALSE(l.of.blocked());
        EXPECT_EQ(l.of.blocked_max(l.now), r.starves() ? 300ms : 0ms);
    }
}

TEST(asterisk_reader, two_seconds_of_nothing_end_the_application_since_20_14) {
    for (const release& r : releases()) {
        listening l(r.version);
        l.hear(frame(320));
        l.wait(1999ms);
        EXPECT_TRUE(l.keeps());
        l.wait(1ms);
        EXPECT_EQ(l.keeps(), r.version == "18") << r.version;
        listening channel(r.version, interface::channel);
        channel.hear(frame(320));
        channel.wait(1h);
        EXPECT_TRUE(channel.keeps());
    }
}

TEST(asterisk_reader, own_frames_count_as_activity) {
    listening l("22.10");
    for (int i = 0; i < 500; ++i) {
        l.wait(20ms);
        l.of.sent(true, l.now);
    }
    EXPECT_TRUE(l.keeps());
}

// 22.10 reads messages correctly however TCP cuts them, as long as no pause exceeds 5 ms.
TEST(asterisk_reader, patient_release_reads_any_split) {
    test::for_each_seed(200, [](unsigned seed) {
        std::mt19937_64 random(seed);
        bytes all;
        for (int i = 0; i < 20; ++i) {
            const bytes one = frame(1 + random() % 700);
            all.insert(all.end(), one.begin(), one.end());
        }
        listening l("22.10");
        for (std::size_t at = 0; at < all.size();) {
            const std::size_t n = std::min<std::size_t>(1 + random() % 400, all.size() - at);
            l.hear(std::span(all).subspan(at, n), std::chrono::milliseconds(random() % 5));
            at += n;
        }
        EXPECT_TRUE(l.keeps()) << l.why() << "; " << test::replay(seed);
        EXPECT_FALSE(l.of.blocked()) << test::replay(seed);
        return !testing::Test::HasFailure();
    });
}

TEST(asterisk_reader, unknown_release_is_not_found) {
    EXPECT_FALSE(find_release("19"));
    EXPECT_FALSE(find_release(""));
    EXPECT_TRUE(find_release("asterisk-22.10"));
}

} // namespace
} // namespace audiosocket::asterisk
