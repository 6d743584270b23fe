// SPDX-License-Identifier: Apache-2.0
#include "inspect/capture/packet_layers.hpp"

#include "unit/app/inspect/capture/capture_test.hpp"
#include "unit/app/inspect/capture/wrappings.hpp"

#include <gtest/gtest.h>

namespace audiosocket::app::inspect {
namespace {

using test::big16;
using test::bytes;
using test::conversation;
using test::ethernet;
using test::ip_v4;
using test::ip_v6;
using test::raw;
using test::udp;
using test::operator+;

constexpr std::uint32_t raw_ip = 101, ethernet_link = 1;

packet_content read(std::uint32_t link_type, const bytes& packet) {
    return read_layers(link_type, packet, packet.size());
}

// An IP packet with audio.
bytes audio_packet() {
    conversation c;
    c.say(0.1, conversation::client, test::audio_frame());
    return c.packets.back().content;
}

TEST(packet_layers, tcp_is_found_in_every_link_layer_and_tunnel) {
    for (const auto& w : test::wrappings()) {
        const bytes packet = w.wrap(audio_packet());
        const auto content = read(w.link_type, packet);
        ASSERT_TRUE(content.tcp) << w.name << ": " << content.what;
        EXPECT_EQ(content.tcp->payload_bytes, 323U) << w.name;
        EXPECT_EQ(bytes(content.tcp->payload.begin(), content.tcp->payload.end()), test::audio_frame()) << w.name;
        EXPECT_EQ(content.tcp->sequence, 1001U) << w.name;
        EXPECT_EQ(content.tcp->to.port, 9092U) << w.name;
        const std::string from = to_string(content.tcp->from);
        EXPECT_EQ(from, content.tcp->from.is_v6 ? "[2001:db8::5]:40000" : "10.0.0.1:40000") << w.name;
    }
}

TEST(packet_layers, packet_cut_off_anywhere_is_named_or_has_less_payload) {
    for (const auto& w : test::wrappings()) {
        const bytes whole = w.wrap(audio_packet());
        for (std::size_t size = 0; size < whole.size(); ++size) {
            const bytes packet(whole.begin(), whole.begin() + static_cast<std::ptrdiff_t>(size));
            const auto content = read_layers(w.link_type, packet, whole.size());
            ASSERT_TRUE(content.tcp.has_value() != !content.what.empty()) << w.name << size;
            if (!content.tcp) continue;
            ASSERT_EQ(content.tcp->payload_bytes, 323U) << w.name << size;
            ASSERT_LE(content.tcp->payload.size(), 323U) << w.name << size;
        }
    }
}

TEST(packet_layers, noise_is_read_without_harm) {
    std::mt19937 random(5);
    const auto byte = [&] { return static_cast<std::byte>(random() & 0xff); };
    for (const auto& w : test::wrappings()) {
        const bytes whole = w.wrap(audio_packet());
        for (int run = 0; run < 300; ++run) {
            bytes packet = whole;
            for (int i = 0; i < 3; ++i)
                packet[random() % std::min<std::size_t>(packet.size(), 120)] = byte();
            packet.resize(random() % (packet.size() + 1));
            const auto content = read(w.link_type, packet);
            ASSERT_TRUE(content.tcp || !content.what.empty());
        }
    }
    for (std::uint32_t link_type = 0; link_type < 300; ++link_type) {
        bytes packet(random() % 100);
        std::generate(packet.begin(), packet.end(), byte);
        read(link_type, packet);
    }
}

TEST(packet_layers, what_is_not_read_is_named) {
    const bytes ip = audio_packet();
    const auto name = [](std::uint32_t link_type, const bytes& packet) {
        const auto content = read(link_type, packet);
        EXPECT_FALSE(content.tcp.has_value());
        return content.what;
    };
    EXPECT_EQ(name(ethernet_link, ethernet(0x0806, bytes(28))), "ARP");
    EXPECT_EQ(name(ethernet_link, ethernet(0x1234, bytes(28))), "EtherType 0x1234");
    EXPECT_EQ(name(ethernet_link, ethernet(0x88e5, bytes(28))), "MACsec (encrypted)");
    EXPECT_EQ(name(ethernet_link, ethernet(38, bytes(38))), "802.3 (LLC)");
    EXPECT_EQ(name(raw_ip, ip_v4(1, bytes(8))), "ICMP");
    EXPECT_EQ(name(raw_ip, ip_v4(50, bytes(80))), "ESP (encrypted)");
    EXPECT_EQ(name(raw_ip, ip_v4(99, bytes(80))), "IP protocol 99");
    EXPECT_EQ(name(raw_ip, ip_v4(6, test::tcp_of(ip), 0x2000)), "IPv4 fragment");
    EXPECT_EQ(name(raw_ip, ip_v4(6, test::tcp_of(ip), 100)), "IPv4 fragment");
    EXPECT_EQ(name(raw_ip, ip_v6(44, raw({6, 0, 0, 1, 0, 0, 0, 1}) + test::tcp_of(ip))), "IPv6 fragment");
    EXPECT_EQ(name(raw_ip, udp(53, bytes(40))), "UDP 53 (DNS)");
    EXPECT_EQ(name(raw_ip, udp(22222, bytes(40))), "UDP");
    EXPECT_EQ(name(raw_ip, udp(4789, bytes(40))), "UDP 4789 (VXLAN)");
    EXPECT_EQ(name(raw_ip, udp(4789, raw({8, 0, 0, 0, 0, 0, 1, 0}) + ethernet(0x0806, bytes(28)))), "ARP in VXLAN");
    EXPECT_EQ(name(raw_ip, ip_v4(47, big16(0x4000) + big16(0x0800) + bytes(40))), "GRE with source routing");
    EXPECT_EQ(name(raw_ip, ip_v4(6, bytes(10))), "TCP with a wrong length");
    EXPECT_EQ(name(0, raw({7, 0, 0, 0}) + ip), "loopback of family 7");
    EXPECT_EQ(name(105, raw({8, 0x40}) + bytes(60)), "802.11 (encrypted)");
    EXPECT_EQ(name(105, raw({0x80, 0}) + bytes(60)), "802.11 without data");
    EXPECT_EQ(name(147, ip), "link type 147");
    EXPECT_FALSE(read(147, ip).is_link_type_known);
}

TEST(packet_layers, nesting_has_a_bound) {
    bytes packet = audio_packet();
    for (int i = 0; i < 100; ++i)
        packet = ip_v4(4, packet);
    EXPECT_EQ(read(raw_ip, packet).what, "more than 40 headers in IP");
}

// The network card splits such a packet and sets its length only after the capture.
TEST(packet_layers, packet_without_a_total_length_is_as_long_as_it_was_captured) {
    bytes packet = audio_packet();
    packet[2] = packet[3] = std::byte{0};
    EXPECT_EQ(read(raw_ip, packet).tcp->payload.size(), 323U);
}

} // namespace
} // namespace audiosocket::app::inspect
