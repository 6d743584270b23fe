// SPDX-License-Identifier: Apache-2.0
#include "net/proxy_header.hpp"

#include <gtest/gtest.h>

#include <functional>
#include <random>
#include <string>
#include <string_view>

using namespace audiosocket::detail;
using namespace std::string_view_literals;

namespace {

using state = proxy_header::state;

constexpr std::string_view signature = "\r\n\r\n\0\r\nQUIT\n"sv;
constexpr std::string_view ipv4_addresses = "\xc0\0\2\1\xc0\0\2\x09\xdc\4\x23\x84"sv; // 192.0.2.1:56324, 192.0.2.9:9092
constexpr std::string_view behind = "\1\0\x10 an id and audio"sv;

std::string binary(unsigned char command, unsigned char family, std::string_view rest) {
    std::string all(signature);
    all += static_cast<char>(command);
    all += static_cast<char>(family);
    all += static_cast<char>(rest.size() >> 8);
    all += static_cast<char>(rest.size() & 255);
    return all += rest;
}

std::string extension(unsigned char type, std::string_view value) {
    std::string all{static_cast<char>(type), static_cast<char>(value.size() >> 8),
                    static_cast<char>(value.size() & 255)};
    return all += value;
}

std::span<const std::byte> bytes_of(std::string_view text) {
    return std::as_bytes(std::span(text));
}

// Gives the header in these pieces, with bytes behind it, and checks that a complete header takes none of those.
proxy_header read(const std::string& header, const std::function<std::size_t()>& piece) {
    proxy_header h;
    const std::string all = header + std::string(behind);
    std::size_t taken = 0;
    for (std::size_t at = 0; at < all.size() && h.now() == state::reading;) {
        const auto next = std::string_view(all).substr(at, piece());
        const auto used = h.receive(bytes_of(next));
        taken += used;
        at += next.size();
        EXPECT_TRUE(used == next.size() || h.now() != state::reading);
    }
    if (h.now() == state::complete) {
        EXPECT_EQ(taken, header.size());
    }
    return h;
}

// Reads whole, byte by byte, as a careful reader does, and split at random; all have the same result.
proxy_header read_in_every_way(const std::string& header) {
    const auto whole = read(header, [] { return std::size_t{10'000}; });
    std::mt19937 random(7);
    for (int i = 0; i < 50; ++i) {
        const auto again = i == 0 ? read(header, [] { return std::size_t{1}; })
                                  : read(header, [&] { return std::size_t{1} + random() % 20; });
        EXPECT_EQ(again.now(), whole.now());
        EXPECT_EQ(again.source(), whole.source());
        EXPECT_EQ(again.mistake(), whole.mistake());
    }
    return whole;
}

std::string source_of(const std::string& header) {
    const auto h = read_in_every_way(header);
    EXPECT_EQ(h.now(), state::complete) << h.mistake();
    if (!h.source()) return "";
    return h.source()->address().to_string() + " " + std::to_string(h.source()->port());
}

std::string mistake_in(const std::string& header) {
    const auto h = read_in_every_way(header);
    EXPECT_EQ(h.now(), state::wrong);
    EXPECT_EQ(h.source(), std::nullopt) << "a wrong header must name no peer";
    return h.mistake();
}

} // namespace

TEST(proxy_header, version_1_names_the_peer) {
    EXPECT_EQ(source_of("PROXY TCP4 192.0.2.1 192.0.2.9 56324 9092\r\n"), "192.0.2.1 56324");
    EXPECT_EQ(source_of("PROXY TCP4 255.255.255.255 255.255.255.255 65535 65535\r\n"), "255.255.255.255 65535");
    EXPECT_EQ(source_of("PROXY TCP6 2001:db8::1 2001:db8::9 1 0\r\n"), "2001:db8::1 1");
    EXPECT_EQ(source_of("PROXY TCP6 ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff "
                        "65535 65535\r\n"),
              "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff 65535");
}

TEST(proxy_header, version_1_unknown_names_no_peer_whatever_follows) {
    EXPECT_EQ(source_of("PROXY UNKNOWN\r\n"), "");
    EXPECT_EQ(source_of("PROXY UNKNOWN 192.0.2.1 192.0.2.9 56324 9092\r\n"), "");
    const std::string longest = "PROXY UNKNOWN " + std::string(107 - 16, 'x') + "\r\n";
    ASSERT_EQ(longest.size(), proxy_header::line_bytes_max);
    EXPECT_EQ(source_of(longest), "");
}

TEST(proxy_header, version_1_with_a_mistake_says_which) {
    EXPECT_EQ(mistake_in("PROXY TCP5 192.0.2.1 192.0.2.9 56324 9092\r\n"),
              "the family in the PROXY header is not TCP4, TCP6 or UNKNOWN");
    for (const auto* addresses : {"192.0.2.1", "2001:db8::1 2001:db8::2", "192.0.2.300 192.0.2.9", "a b", " 192.0.2.1"})
        EXPECT_EQ(mistake_in("PROXY TCP4 " + std::string(addresses) + " 56324 9092\r\n"),
                  "an address in the PROXY header is not valid for its family")
            << addresses;
    for (const auto word : {"192.0.2.1\0"sv, "192.0.2.1\0.example"sv, "192.0.2.1\t"sv})
        EXPECT_EQ(mistake_in("PROXY TCP4 " + std::string(word) + " 192.0.2.9 56324 9092\r\n"),
                  "an address in the PROXY header is not valid for its family")
            << word;
    EXPECT_EQ(mistake_in("PROXY TCP6 fe80::1%eth0 fe80::2 1 2\r\n"),
              "an address in the PROXY header is not valid for its family");
    for (const auto* ports : {"1", "65536 1", "1 -1", "01 1", "1  1", "x 1", "1 1x"})
        EXPECT_EQ(mistake_in("PROXY TCP4 192.0.2.1 192.0.2.9 " + std::string(ports) + "\r\n"),
                  "a port in the PROXY header is not a number from 0 to 65535")
            << ports;
    EXPECT_EQ(mistake_in("PROXY TCP4 192.0.2.1 192.0.2.9 1 2 3\r\n"), "the PROXY header has text behind its ports");
    // Found by fuzzing: a line that ends too early was wrong only if its end was the end of a piece.
    EXPECT_EQ(mistake_in("PROXY \r\n and more than fifteen bytes"),
              "the family in the PROXY header is not TCP4, TCP6 or UNKNOWN");
    EXPECT_EQ(mistake_in("PROXY UNKNOWN " + std::string(107 - 15, 'x') + "\r\n"),
              "the line of the PROXY header has more than 107 bytes");
}

TEST(proxy_header, other_first_bytes_are_no_header) {
    for (const auto start : {"\1\0\x10 an id of AudioSocket"sv, "GET / HTTP/1.1\r\n"sv, "PROXY\tTCP4"sv, "PROXX"sv,
                             "\r\n\r\n\0\r\nQUIT\r\n"sv})
        EXPECT_EQ(mistake_in(std::string(start)), "no PROXY header at the start");
}

TEST(proxy_header, version_2_names_the_peer) {
    EXPECT_EQ(source_of(binary(0x21, 0x11, ipv4_addresses)), "192.0.2.1 56324");
    std::string ipv6(36, '\0');
    ipv6[15] = 1;
    ipv6[33] = 80;
    EXPECT_EQ(source_of(binary(0x21, 0x21, ipv6)), "::1 80");
}

TEST(proxy_header, version_2_of_the_proxy_itself_names_no_peer) {
    EXPECT_EQ(source_of(binary(0x20, 0x00, "")), "");             // LOCAL, as a health check
    EXPECT_EQ(source_of(binary(0x20, 0x11, ipv4_addresses)), ""); // addresses of LOCAL are ignored
    EXPECT_EQ(source_of(binary(0x21, 0x00, "")), "");             // UNSPEC
    EXPECT_TRUE(read_in_every_way(binary(0x20, 0x00, "")).is_local());
    EXPECT_FALSE(read_in_every_way(binary(0x21, 0x00, "")).is_local());
    EXPECT_FALSE(read_in_every_way("PROXY UNKNOWN\r\n").is_local());
    EXPECT_EQ(source_of(binary(0x21, 0x00, "anything at all")), ""); // whose contents are ignored
}

TEST(proxy_header, version_2_extensions_are_skipped_within_their_bound) {
    const auto tlv = extension(0x02, "calls.example") + extension(0xea, "") + extension(0x04, std::string(40, '\0'));
    EXPECT_EQ(source_of(binary(0x21, 0x11, std::string(ipv4_addresses) + tlv)), "192.0.2.1 56324");
    const auto fills = proxy_header::addresses_bytes_max - ipv4_addresses.size() - 3;
    EXPECT_EQ(source_of(binary(0x21, 0x11, std::string(ipv4_addresses) + extension(0x04, std::string(fills, 'x')))),
              "192.0.2.1 56324");
    EXPECT_EQ(mistake_in(binary(0x21, 0x11, std::string(ipv4_addresses) + extension(4, std::string(fills + 1, 'x')))),
              "the PROXY header announces 1025 bytes; at most 1024 are accepted");
}

TEST(proxy_header, version_2_checksum_is_compared) {
    // The checksum was computed with another implementation (Python, the polynomial of RFC 3720).
    const std::string good = binary(0x21, 0x11, std::string(ipv4_addresses) + extension(3, "\x3d\xaa\xfc\x52"sv));
    EXPECT_EQ(source_of(good), "192.0.2.1 56324");
    for (std::size_t at : {std::size_t{16}, std::size_t{25}, good.size() - 1}) {
        auto bad = good;
        bad[at] = static_cast<char>(bad[at] ^ 1);
        EXPECT_EQ(mistake_in(bad), "the checksum of the PROXY header is wrong") << at;
    }
    EXPECT_EQ(mistake_in(binary(0x21, 0x11, std::string(ipv4_addresses) + extension(3, "abc"))),
              "the checksum of the PROXY header does not have four bytes");
}

TEST(proxy_header, version_2_with_a_mistake_says_which) {
    EXPECT_EQ(mistake_in(binary(0x22, 0x11, ipv4_addresses)),
              "version and command 0x22 in the PROXY header are not known");
    EXPECT_EQ(mistake_in(binary(0x11, 0x11, ipv4_addresses)),
              "version and command 0x11 in the PROXY header are not known");
    for (const int family : {0x12, 0x31, 0x01, 0x41})
        EXPECT_NE(mistake_in(binary(0x21, static_cast<unsigned char>(family), ipv4_addresses))
                      .find("are not TCP over IPv4 or IPv6"),
                  std::string::npos);
    EXPECT_EQ(mistake_in(binary(0x21, 0x11, ipv4_addresses.substr(1))),
              "the PROXY header is too short for its addresses");
    EXPECT_EQ(mistake_in(binary(0x21, 0x21, ipv4_addresses)), "the PROXY header is too short for its addresses");
    for (const auto tail : {"\2"sv, "\2\0"sv, "\2\0\1"sv, "\2\xff\xff..."sv})
        EXPECT_EQ(mistake_in(binary(0x21, 0x11, std::string(ipv4_addresses) + std::string(tail))),
                  "an extension (TLV) of the PROXY header is longer than the header");
}

TEST(proxy_header, end_inside_of_a_header_is_a_mistake) {
    proxy_header h;
    h.receive(bytes_of("PROXY TC"));
    h.receive_end();
    EXPECT_EQ(h.now(), state::wrong);
    EXPECT_EQ(h.mistake(), "the connection ended inside of the PROXY header");
}

// A reader that takes what is missing and the id never reads beyond the id.
TEST(proxy_header, missing_bytes_are_never_more_than_really_follow) {
    for (const std::string& header :
         {std::string("PROXY UNKNOWN\r\n"), std::string("PROXY TCP4 192.0.2.1 192.0.2.9 56324 9092\r\n"),
          binary(0x20, 0, ""), binary(0x21, 0x11, std::string(ipv4_addresses) + extension(2, "name"))}) {
        proxy_header h;
        for (std::size_t at = 0; at < header.size();) {
            const auto missing = h.missing();
            ASSERT_GT(missing, 0U);
            ASSERT_LE(at + missing, header.size());
            EXPECT_EQ(h.receive(bytes_of(std::string_view(header).substr(at, missing))), missing);
            at += missing;
        }
        EXPECT_EQ(h.now(), state::complete);
        EXPECT_EQ(h.missing(), 0U);
    }
}

TEST(proxy_header, any_bytes_are_taken_without_harm) {
    std::mt19937 random(20);
    for (int i = 0; i < 20'000; ++i) {
        std::string any = i % 2 == 0 ? std::string(signature) : std::string("PROXY ");
        const auto more = random() % 60;
        const std::string_view likely = i % 2 == 0 ? "\x20\x21\0\x11\0\x0c\3"sv : "TCP46 12.:\r\n"sv;
        for (std::size_t n = 0; n < more; ++n)
            any += random() % 4 == 0 ? static_cast<char>(random() & 255) : likely[random() % likely.size()];
        proxy_header h;
        h.receive(bytes_of(any));
        h.receive_end();
        EXPECT_EQ(h.now() == state::wrong, !h.mistake().empty());
    }
}
