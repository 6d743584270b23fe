// SPDX-License-Identifier: Apache-2.0
#include "daemon/context_stream.hpp"

#include "support/seed.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <random>
#include <string>

using namespace audiosocket;
using namespace audiosocket::app;
using namespace std::chrono_literals;

namespace {

constexpr std::size_t context_bytes_max = context_registry_options{}.context_bytes_max;
constexpr std::size_t entries_max = context_registry_options{}.entries_max;

uuid id(std::size_t number) {
    uuid made;
    for (std::size_t i = 0; i < 4; ++i)
        made.bytes.at(i) = static_cast<std::byte>(number >> (8 * i));
    return made;
}

std::vector<waiting_context> announcements(std::size_t count, std::size_t bytes) {
    std::vector<waiting_context> all;
    for (std::size_t i = 0; i < count; ++i)
        all.push_back({id(i), std::string(bytes, static_cast<char>('a' + i % 26)), i * 1ms});
    return all;
}

struct outcome {
    std::vector<waiting_context> read;
    context_reader::state state;
    std::size_t refused = 0;
};

// Reads a stream in pieces, whose sizes `piece` returns.
template <class Piece>
outcome read(std::span<const std::byte> bytes, Piece piece) {
    context_reader reader(context_bytes_max, entries_max);
    outcome all;
    while (!bytes.empty()) {
        const auto size = std::clamp<std::size_t>(piece(), 1, bytes.size());
        reader.feed(bytes.first(size));
        bytes = bytes.subspan(size);
        while (auto one = reader.next())
            all.read.push_back(*std::move(one));
    }
    all.state = reader.current_state();
    all.refused = reader.refused();
    return all;
}

outcome read_whole(std::span<const std::byte> bytes) {
    return read(bytes, [&] { return bytes.size(); });
}

void expect_same(const std::vector<waiting_context>& read, const std::vector<waiting_context>& sent) {
    ASSERT_EQ(read.size(), sent.size());
    for (std::size_t i = 0; i < read.size(); ++i) {
        ASSERT_EQ(read[i].id, sent[i].id) << i;
        ASSERT_EQ(read[i].context, sent[i].context) << i;
        ASSERT_EQ(read[i].age, sent[i].age) << i;
    }
}

std::vector<std::byte> with_byte(std::vector<std::byte> bytes, std::size_t at, int value) {
    bytes.at(at) = static_cast<std::byte>(value);
    return bytes;
}

} // namespace

TEST(context_stream, nothing_is_a_complete_stream) {
    const auto result = read_whole(to_bytes({}));
    EXPECT_TRUE(result.read.empty());
    EXPECT_EQ(result.state, context_reader::state::complete);
}

TEST(context_stream, announcements_arrive_whole_and_byte_by_byte_and_split_at_random) {
    const auto sent = announcements(5, 30);
    const auto bytes = to_bytes(sent);
    expect_same(read_whole(bytes).read, sent);
    const auto single = read(bytes, [] { return std::size_t{1}; });
    expect_same(single.read, sent);
    EXPECT_EQ(single.state, context_reader::state::complete);
    test::for_each_seed(50, [&](unsigned seed) {
        SCOPED_TRACE(test::replay(seed));
        std::mt19937 random(seed);
        const auto result = read(bytes, [&] { return random() % 60; });
        expect_same(result.read, sent);
        EXPECT_EQ(result.state, context_reader::state::complete);
        return !testing::Test::HasFailure();
    });
}

TEST(context_stream, largest_context_and_most_announcements_arrive) {
    const auto large = announcements(1, context_bytes_max);
    expect_same(read_whole(to_bytes(large)).read, large);
    const auto many = announcements(entries_max, 300);
    const auto result = read(to_bytes(many), [] { return std::size_t{64} << 10; });
    expect_same(result.read, many);
    EXPECT_EQ(result.state, context_reader::state::complete);
}

// The first one that was too large ended the stream, so all others were lost.
TEST(context_stream, context_over_the_limit_is_skipped_and_counted) {
    const auto small = announcements(3, 10);
    auto sent = small;
    sent.insert(sent.begin() + 1, waiting_context{id(7), std::string(context_bytes_max + 1, '\1'), 1s});
    sent.insert(sent.begin() + 3, waiting_context{id(8), std::string(context_reader::context_bytes_bound, '\2'), 1s});
    const auto bytes = to_bytes(sent);
    for (const std::size_t piece : {bytes.size(), std::size_t{1000}}) {
        const auto result = read(bytes, [&] { return piece; });
        expect_same(result.read, small);
        EXPECT_EQ(result.state, context_reader::state::complete);
        EXPECT_EQ(result.refused, 2U);
    }
}

TEST(context_stream, announcements_over_the_limit_of_their_number_are_counted) {
    const auto many = read_whole(to_bytes(announcements(entries_max + 2, 1)));
    EXPECT_EQ(many.read.size(), entries_max);
    EXPECT_EQ(many.state, context_reader::state::complete);
    EXPECT_EQ(many.refused, 2U);
}

TEST(context_stream, context_over_the_bound_ends_it_and_what_was_before_is_valid) {
    auto sent = announcements(2, 10);
    sent.push_back({id(2), std::string(context_reader::context_bytes_bound + 1, 'x'), 1s});
    const auto result = read_whole(to_bytes(sent));
    EXPECT_EQ(result.read.size(), 2U);
    EXPECT_EQ(result.state, context_reader::state::wrong);
}

TEST(context_stream, each_missing_end_leaves_it_unfinished) {
    const auto bytes = to_bytes(announcements(2, 10));
    for (std::size_t size = 0; size < bytes.size(); ++size)
        EXPECT_EQ(read_whole(std::span(bytes).first(size)).state, context_reader::state::reading) << size;
}

TEST(context_stream, other_version_and_wrong_kind_and_wrong_number_are_wrong) {
    const auto bytes = to_bytes(announcements(2, 10));
    const auto is_wrong = [](const std::vector<std::byte>& what) {
        return read_whole(what).state == context_reader::state::wrong;
    };
    EXPECT_FALSE(is_wrong(bytes));
    EXPECT_TRUE(is_wrong(with_byte(bytes, 6, '2')));
    EXPECT_TRUE(is_wrong(with_byte(bytes, 8, 3)));
    EXPECT_TRUE(is_wrong(with_byte(bytes, bytes.size() - 1, 3)));
}

TEST(context_stream, age_of_any_size_is_a_time) {
    auto bytes = to_bytes(announcements(1, 1));
    for (std::size_t i = 0; i < 8; ++i)
        bytes = with_byte(bytes, 8 + 1 + 16 + i, 0xff);
    const auto result = read_whole(bytes);
    ASSERT_EQ(result.read.size(), 1U);
    EXPECT_EQ(result.read[0].age, 24h);
}

// The other process may be of any version.
TEST(context_stream, changed_bytes_never_yield_more_than_the_limits_allow) {
    const auto bytes = to_bytes(announcements(20, 100));
    test::for_each_seed(500, [&](unsigned seed) {
        SCOPED_TRACE(test::replay(seed));
        std::mt19937 random(seed);
        auto changed = bytes;
        for (auto changes = 1 + random() % 8; changes > 0; --changes)
            changed[random() % changed.size()] = static_cast<std::byte>(random());
        const auto result = read(changed, [&] { return random() % 500; });
        EXPECT_LE(result.read.size(), entries_max);
        for (const auto& one : result.read) {
            EXPECT_LE(one.context.size(), context_bytes_max);
            EXPECT_LE(one.age, 24h);
            EXPECT_GE(one.age, 0s);
        }
        return !testing::Test::HasFailure();
    });
}
