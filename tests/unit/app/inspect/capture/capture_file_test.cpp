// SPDX-License-Identifier: Apache-2.0
#include "inspect/capture/capture_file.hpp"

#include "base/failure.hpp"

#include "unit/app/inspect/capture/capture_test.hpp"
#include "unit/app/inspect/capture/pcapng.hpp"
#include "unit/app/inspect/capture/wrappings.hpp"

namespace audiosocket::app::inspect {
namespace {

using namespace std::chrono_literals;
using test::bytes;
using test::conversation;
using test::pcapng;
using test::raw;
using test::operator+;

struct read_packet {
    std::uint32_t link_type;
    std::optional<std::chrono::microseconds> at;
    bytes content;
    std::size_t wire_bytes;
};

struct read_file {
    std::vector<read_packet> packets;
    std::string damage;
};

read_file read(const bytes& content) {
    const test::scratch folder;
    test::write_file(folder / "c", content);
    capture_input input(folder / "c");
    capture_file file(input);
    read_file all;
    while (const auto p = file.next())
        all.packets.push_back({p->link_type, p->at, {p->bytes.begin(), p->bytes.end()}, p->wire_bytes});
    all.damage = file.damage();
    return all;
}

TEST(capture_file, pcap_is_read_in_both_byte_orders_and_all_variants) {
    const bytes little = raw({4, 0, 0, 0, 9, 0, 0, 0}), big = raw({0, 0, 0, 4, 0, 0, 0, 9}), content = raw("abcd");
    const bytes little_head = raw({2, 0, 4, 0}) + bytes(12) + raw({101, 0, 0, 0});
    const bytes big_head = raw({0, 2, 0, 4}) + bytes(12) + raw({0, 0, 0, 101});
    const bytes times_little = raw({7, 0, 0, 0, 0xe8, 3, 0, 0}), times_big = raw({0, 0, 0, 7, 0, 0, 3, 0xe8});
    const std::pair<bytes, std::chrono::microseconds> files[] = {
        {raw({0xd4, 0xc3, 0xb2, 0xa1}) + little_head + times_little + little + content, 7s + 1ms},
        {raw({0xa1, 0xb2, 0xc3, 0xd4}) + big_head + times_big + big + content, 7s + 1ms},
        {raw({0x4d, 0x3c, 0xb2, 0xa1}) + little_head + times_little + little + content, 7s + 1us},
        {raw({0xa1, 0xb2, 0x3c, 0x4d}) + big_head + times_big + big + content, 7s + 1us},
        {raw({0x34, 0xcd, 0xb2, 0xa1}) + little_head + times_little + little + bytes(8) + content, 7s + 1ms},
    };
    for (const auto& [file, at] : files) {
        const auto seen = read(file);
        EXPECT_EQ(seen.damage, "");
        ASSERT_EQ(seen.packets.size(), 1U);
        EXPECT_EQ(seen.packets[0].at, at);
        EXPECT_EQ(seen.packets[0].content, content);
        EXPECT_EQ(seen.packets[0].wire_bytes, 9U);
        EXPECT_EQ(seen.packets[0].link_type, 101U);
    }
}

TEST(capture_file, interfaces_of_pcapng_have_their_own_link_type_clock_and_snap_length) {
    for (const bool big_endian : {false, true}) {
        pcapng file(big_endian);
        file.interface(1, 0);
        file.interface(276, 4, {{9, raw({9})}});
        file.interface(101, 0, {{9, raw({0x8a})}, {14, file.u64(100)}});
        file.packet(0, 1'500'000, raw("one"));
        file.block(0xbad, raw("some block that is not known")); // skipped
        file.packet(1, 1'500'000'000, raw("two!"), 60);
        file.packet(2, 1024 + 512, raw("three"));
        file.block(3, file.u32(3) + raw("old"));
        const auto seen = read(file.content);
        EXPECT_EQ(seen.damage, "");
        ASSERT_EQ(seen.packets.size(), 4U);
        EXPECT_EQ(seen.packets[0].link_type, 1U);
        EXPECT_EQ(seen.packets[0].at, 1500ms);
        EXPECT_EQ(seen.packets[1].link_type, 276U);
        EXPECT_EQ(seen.packets[1].at, 1500ms);
        EXPECT_EQ(seen.packets[1].wire_bytes, 60U);
        EXPECT_EQ(seen.packets[2].link_type, 101U);
        EXPECT_EQ(seen.packets[2].at, 101'500ms);
        EXPECT_EQ(seen.packets[2].content, raw("three"));
        EXPECT_EQ(seen.packets[3].at, std::nullopt);
        EXPECT_EQ(seen.packets[3].content, raw("old"));
    }
}

// Time in seconds (if_tsresol 0) overflowed; every other resolution can overflow as well.
TEST(capture_file, time_out_of_range_is_not_a_time) {
    for (const int resolution : {0, 1, 6, 9, 19, 20, 127, 0x80, 0xa0, 0xbf, 0xc0, 0xff}) {
        for (const std::uint64_t units : {std::uint64_t{1} << 40, std::uint64_t{1} << 63, UINT64_MAX}) {
            for (const std::uint64_t offset : {std::uint64_t{0}, std::uint64_t{1} << 63, UINT64_MAX >> 1, UINT64_MAX}) {
                pcapng file(false);
                file.interface(101, 0, {{9, raw({resolution})}, {14, file.u64(offset)}});
                file.packet(0, units, raw("x"));
                const auto seen = read(file.content);
                ASSERT_EQ(seen.packets.size(), 1U);
                if (const auto at = seen.packets[0].at) {
                    EXPECT_GE(*at, 0s);
                    EXPECT_LT(*at, 24h * 366 * 293);
                }
                EXPECT_TRUE(resolution != 0 || !seen.packets[0].at);
            }
        }
    }
}

TEST(capture_file, pcapng_cut_anywhere_is_damaged_or_shorter) {
    pcapng file(true);
    file.interface(101, 0);
    std::vector<std::size_t> ends{28, file.content.size()};
    for (int i = 0; i < 3; ++i) {
        file.packet(0, 1, raw("content"));
        ends.push_back(file.content.size());
    }
    for (std::size_t size = 28; size < file.content.size(); ++size) {
        const auto seen = read({file.content.begin(), file.content.begin() + static_cast<std::ptrdiff_t>(size)});
        const bool between = std::find(ends.begin(), ends.end(), size) != ends.end();
        EXPECT_EQ(seen.damage.empty(), between) << size;
    }
}

TEST(capture_file, damage_is_named) {
    const auto damage = [](const std::function<void(pcapng&)>& spoil) {
        pcapng file(false);
        file.interface(101, 0);
        spoil(file);
        return read(file.content).damage;
    };
    EXPECT_EQ(damage([](pcapng& f) { f.packet(7, 0, raw("x")); }), "a packet of an interface without a description");
    EXPECT_EQ(damage([](pcapng& f) {
                  f.content = f.content + raw({6, 0, 0, 0, 0xff, 0xff, 0xff, 0x7f});
              }),
              "a block of 2147483647 bytes");
    EXPECT_EQ(damage([](pcapng& f) { f.content = f.content + raw({6, 0, 0, 0, 0, 0, 0, 0}); }), "a block of 0 bytes");
    EXPECT_EQ(damage([](pcapng& f) { f.block(6, bytes(12)); }), "a packet without a header");
    EXPECT_EQ(damage([](pcapng& f) {
                  f.packet(0, 0, raw("x"));
                  f.content.back() = std::byte{9};
              }),
              "a block without its end");
    EXPECT_EQ(damage([](pcapng& f) { f.block(6, f.u32(0) + f.u32(0) + f.u32(0) + f.u32(100) + f.u32(100)); }),
              "a packet that is longer than its block");
}

TEST(capture_file, noise_is_read_without_harm) {
    std::mt19937 random(3);
    for (int run = 0; run < 500; ++run) {
        pcapng file(random() % 2 == 0);
        file.interface(101, 0, {{9, raw({6})}});
        for (int i = 0; i < 5; ++i)
            file.packet(0, random(), bytes(random() % 60));
        for (int i = 0; i < 4; ++i)
            file.content[12 + random() % (file.content.size() - 12)] = static_cast<std::byte>(random() & 0xff);
        read(file.content);
    }
}

} // namespace
} // namespace audiosocket::app::inspect
