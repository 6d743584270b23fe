// SPDX-License-Identifier: Apache-2.0
#include "support/bytes.hpp"

#include <gtest/gtest.h>

using namespace audiosocket;
using namespace audiosocket::test;

namespace {

struct seen {
    audiosocket::kind kind;
    bytes payload;
    bool operator==(const seen&) const = default;
};

std::vector<seen> decode_all(const bytes& stream, split how, std::mt19937& random) {
    std::vector<seen> out;
    decoder d;
    cut(stream, how, random, [&](std::span<const std::byte> piece) {
        // Copies the bytes into memory of exactly this size and frees it afterwards, so that a sanitizer sees any read
        // outside.
        const bytes exact(piece.begin(), piece.end());
        d.feed(exact);
        while (const auto m = d.next())
            out.push_back({m->kind, bytes(m->payload.begin(), m->payload.end())});
    });
    EXPECT_FALSE(d.in_message());
    return out;
}

} // namespace

TEST(decoder, messages_of_all_lengths_arrive_however_they_are_split) {
    std::mt19937 random{1};
    bytes stream;
    std::vector<seen> expected;
    for (std::size_t length : {0U, 1U, 2U, 16U, 160U, 320U, 321U, 1764U, 7680U, 65'535U, 0U, 3U}) {
        const seen m{static_cast<kind>(length % 256), numbered((length + 1) / 2, length)};
        expected.push_back({m.kind, bytes(m.payload.begin(), m.payload.begin() + static_cast<std::ptrdiff_t>(length))});
        stream = stream + frame(m.kind, expected.back().payload);
    }
    for (split how : all_splits)
        EXPECT_EQ(decode_all(stream, how, random), expected);
    for (int round = 0; round < 200; ++round)
        EXPECT_EQ(decode_all(stream, split::random, random), expected) << "round " << round;
}

TEST(decoder, every_value_of_the_kind_byte_is_a_message) {
    for (int value = 0; value < 256; ++value) {
        const bytes m = frame(value, raw({1, 2}));
        decoder d;
        d.feed(m);
        const auto got = d.next();
        ASSERT_TRUE(got);
        EXPECT_EQ(static_cast<int>(got->kind), value);
    }
}

TEST(decoder, a_whole_message_is_a_view_of_the_fed_bytes) {
    const bytes stream = frame(kind::slin, numbered(160)) + frame(kind::slin, numbered(160));
    decoder d;
    d.feed(stream);
    EXPECT_EQ(d.next()->payload.data(), stream.data() + 3);
    EXPECT_EQ(d.next()->payload.data(), stream.data() + 326);
    EXPECT_FALSE(d.next());
}

TEST(decoder, each_of_323_split_points_gives_the_same_message) {
    const bytes whole = frame(kind::slin, numbered(160));
    for (std::size_t at = 1; at < whole.size(); ++at) {
        decoder d;
        d.feed(std::span(whole).first(at));
        EXPECT_FALSE(d.next());
        EXPECT_TRUE(d.in_message());
        EXPECT_EQ(d.pending_bytes().size(), at);
        EXPECT_EQ(d.pending_header().has_value(), at >= header_bytes);
        d.feed(std::span(whole).subspan(at));
        const auto m = d.next();
        ASSERT_TRUE(m) << at;
        EXPECT_TRUE(std::ranges::equal(m->payload, std::span(whole).subspan(3))) << at;
        EXPECT_FALSE(d.next());
        EXPECT_FALSE(d.in_message());
    }
}

TEST(decoder, what_follows_a_message_that_was_put_together_is_decoded) {
    const bytes stream = frame(kind::id, bytes(16)) + frame(kind::dtmf, raw("1")) + frame(kind::hangup);
    decoder d;
    d.feed(std::span(stream).first(10));
    EXPECT_FALSE(d.next());
    d.feed(std::span(stream).subspan(10));
    EXPECT_EQ(d.next()->kind, kind::id);
    EXPECT_EQ(d.next()->kind, kind::dtmf);
    EXPECT_EQ(d.next()->kind, kind::hangup);
    EXPECT_FALSE(d.next());
}

TEST(decoder, feeding_nothing_changes_nothing) {
    decoder d;
    d.feed({});
    EXPECT_FALSE(d.next());
    const bytes part = raw({0x10});
    d.feed(part);
    EXPECT_FALSE(d.next());
    d.feed({});
    EXPECT_FALSE(d.next());
    EXPECT_EQ(d.pending_bytes().size(), 1U);
}

TEST(decoder, a_header_that_promises_much_costs_only_what_arrived) {
    decoder d;
    const bytes start = raw({0x10, 0xff, 0xff, 1, 2});
    d.feed(start);
    EXPECT_FALSE(d.next());
    EXPECT_EQ(d.pending_header(), (header{kind::slin, 65'535}));
    EXPECT_EQ(d.pending_bytes().size(), 5U);
}
