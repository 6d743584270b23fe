// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "support/bytes.hpp"

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

/// \file
/// Link layers and tunnels around an IP packet, as captures have them.

namespace audiosocket::test {

inline bytes big16(std::size_t v) {
    return raw({static_cast<int>(v >> 8 & 0xff), static_cast<int>(v & 0xff)});
}

inline bytes big32(std::uint32_t v) {
    return big16(v >> 16) + big16(v & 0xffff);
}

inline bytes ethernet(std::size_t type, const bytes& content) {
    return raw({2, 0, 0, 0, 0, 1, 2, 0, 0, 0, 0, 2}) + big16(type) + content;
}

inline bytes ip_v4(int protocol, const bytes& content, std::size_t fragment = 0) {
    return raw({0x45, 0}) + big16(20 + content.size()) + big16(7) + big16(fragment) + raw({64, protocol, 0, 0}) +
           raw({10, 9, 0, 1, 10, 9, 0, 2}) + content;
}

/// From ::5 to ::9, or back.
inline bytes ip_v6(int next_header, const bytes& content, bool forth = true) {
    const int from = forth ? 5 : 9, to = forth ? 9 : 5;
    return raw({0x60, 0, 0, 0}) + big16(content.size()) + raw({next_header, 64}) +
           raw({0x20, 1, 0xd, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, from}) +
           raw({0x20, 1, 0xd, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, to}) + content;
}

inline bytes udp(std::size_t port, const bytes& content) {
    return ip_v4(17, big16(40'000) + big16(port) + big16(8 + content.size()) + big16(0) + content);
}

/// The TCP part of an IPv4 packet without options.
inline bytes tcp_of(const bytes& ip) {
    return {ip.begin() + 20, ip.end()};
}

/// The IPv4 TCP packet as an IPv6 packet, with extension headers.
inline bytes ip_v6_of(const bytes& ip, int next_header = 6, const bytes& extensions = {}) {
    return ip_v6(next_header, extensions + tcp_of(ip), ip[15] == std::byte{1});
}

struct wrapping {
    std::string name;
    std::uint32_t link_type;
    std::function<bytes(const bytes& ip)> wrap;
};

/// All wrappings that can be read, around IPv4 packets whose header has one size.
inline std::vector<wrapping> wrappings() {
    constexpr std::size_t ip = 0x0800;
    constexpr std::uint32_t eth = 1, any = 101;
    std::vector<wrapping> all{
        {"raw IP", any, [](const bytes& p) { return p; }},
        {"raw IP, OpenBSD", 14, [](const bytes& p) { return p; }},
        {"IPv4", 228, [](const bytes& p) { return p; }},
        {"IPv6", 229, [](const bytes& p) { return ip_v6_of(p); }},
        {"Ethernet", eth, [](const bytes& p) { return ethernet(ip, p); }},
        {"Ethernet with padding", eth, [](const bytes& p) { return ethernet(ip, p) + bytes(9); }},
        {"802.1Q", eth, [](const bytes& p) { return ethernet(0x8100, big16(10) + big16(ip) + p); }},
        {"QinQ", eth,
         [](const bytes& p) { return ethernet(0x88a8, big16(9) + big16(0x8100) + big16(10) + big16(ip) + p); }},
        {"802.3 with SNAP", eth,
         [](const bytes& p) {
             const bytes snap = raw({0xaa, 0xaa, 3, 0, 0, 0}) + big16(ip) + p;
             return ethernet(snap.size() & 0x5ff, snap);
         }},
        {"802.11", 105,
         [](const bytes& p) {
             return raw({8, 1}) + bytes(22) + raw({0xaa, 0xaa, 3, 0, 0, 0}) + big16(ip) + p;
         }},
        {"802.11 with QoS, four addresses and radiotap", 127,
         [](const bytes& p) {
             return raw({0, 0, 9, 0}) + bytes(5) + raw({0x88, 3}) + bytes(22 + 6 + 2) + raw({0xaa, 0xaa, 3, 0, 0, 0}) +
                    big16(ip) + p;
         }},
        {"Linux cooked", 113, [](const bytes& p) { return bytes(14) + big16(ip) + p; }},
        {"Linux cooked with 802.1Q", 113,
         [](const bytes& p) { return bytes(14) + big16(0x8100) + big16(10) + big16(ip) + p; }},
        {"Linux cooked 2", 276, [](const bytes& p) { return big16(ip) + bytes(18) + p; }},
        {"Linux cooked 2 with 802.1Q", 276,
         [](const bytes& p) { return big16(0x8100) + bytes(18) + big16(10) + big16(ip) + p; }},
        {"Linux cooked 2 with QinQ", 276,
         [](const bytes& p) {
             return big16(0x88a8) + bytes(18) + big16(9) + big16(0x8100) + big16(10) + big16(ip) + p;
         }},
        {"NFLOG", 239,
         [](const bytes& p) {
             const std::size_t size = p.size() + 4;
             return raw({2, 0, 0, 0}) + raw({6, 0, 10, 0, 'n', 'f', 0, 0}) +
                    raw({static_cast<int>(size & 0xff), static_cast<int>(size >> 8), 9, 0}) + p;
         }},
        {"NFLOG, big endian", 239,
         [](const bytes& p) {
             return raw({2, 0, 0, 0}) + raw({0, 5, 0, 10, 0, 0, 0, 0}) + big16(p.size() + 4) + big16(9) + p;
         }},
        {"PPP", 9,
         [](const bytes& p) {
             return raw({0xff, 3, 0, 0x21}) + p;
         }},
        {"PPP, compressed", 9, [](const bytes& p) { return raw({0x21}) + p; }},
        {"Cisco HDLC", 104,
         [](const bytes& p) {
             return raw({0xf, 0}) + big16(ip) + p;
         }},
        {"PPI", 192,
         [](const bytes& p) {
             return raw({0, 0, 12, 0, 1, 0, 0, 0, 9, 9, 9, 9}) + ethernet(ip, p);
         }},
        {"PKTAP", 258,
         [](const bytes& p) {
             return raw({16, 0, 0, 0, 1, 0, 0, 0, 1, 0, 0, 0, 9, 9, 9, 9}) + ethernet(ip, p);
         }},
        {"PPPoE", eth,
         [](const bytes& p) {
             return ethernet(0x8864, raw({0x11, 0, 0, 1}) + big16(p.size() + 2) + big16(0x21) + p);
         }},
        {"MPLS", eth,
         [](const bytes& p) {
             return ethernet(0x8847, raw({0, 1, 0x40, 9, 0, 2, 0x41, 9}) + p);
         }},
        {"MPLS with Ethernet", eth,
         [](const bytes& p) {
             return ethernet(0x8847, raw({0, 2, 0x41, 9, 0, 0, 0, 1}) + ethernet(ip, p));
         }},
        {"MPLS in IP", any,
         [](const bytes& p) {
             return ip_v4(137, raw({0, 2, 0x41, 9}) + p);
         }},
        {"IP in IP", any, [](const bytes& p) { return ip_v4(4, p); }},
        {"IPv6 in IP", any, [](const bytes& p) { return ip_v4(41, ip_v6_of(p)); }},
        {"IP in IPv6", any, [](const bytes& p) { return ip_v6(4, p); }},
        {"IPv6 with extension headers", any,
         [](const bytes& p) {
             return ip_v6_of(p, 0,
                             raw({60, 0, 0, 0, 0, 0, 0, 0}) + raw({43, 1}) + bytes(14) +
                                 raw({44, 0, 0, 0, 0, 0, 0, 0}) + raw({6, 0, 0, 0, 1, 2, 3, 4}));
         }},
        {"AH", any,
         [](const bytes& p) {
             return ip_v6_of(p, 51, raw({6, 4}) + bytes(22));
         }},
        {"GRE", any, [](const bytes& p) { return ip_v4(47, big16(0) + big16(ip) + p); }},
        {"GRE with its options", any,
         [](const bytes& p) { return ip_v4(47, big16(0xb000) + big16(ip) + bytes(12) + p); }},
        {"GRE with Ethernet", any,
         [](const bytes& p) { return ip_v4(47, big16(0) + big16(0x6558) + ethernet(ip, p)); }},
        {"PPTP", any,
         [](const bytes& p) {
             return ip_v4(47, big16(0x3081) + big16(0x880b) + bytes(12) + raw({0xff, 3, 0, 0x21}) + p);
         }},
        {"ERSPAN I", any, [](const bytes& p) { return ip_v4(47, big16(0) + big16(0x88be) + ethernet(ip, p)); }},
        {"ERSPAN II", any,
         [](const bytes& p) { return ip_v4(47, big16(0x1000) + big16(0x88be) + bytes(4 + 8) + ethernet(ip, p)); }},
        {"ERSPAN III", any,
         [](const bytes& p) {
             return ip_v4(47, big16(0x1000) + big16(0x22eb) + bytes(4 + 11) + raw({1}) + bytes(8) + ethernet(ip, p));
         }},
        {"EtherIP", any,
         [](const bytes& p) {
             return ip_v4(97, raw({0x30, 0}) + ethernet(ip, p));
         }},
        {"VXLAN", any,
         [](const bytes& p) {
             return udp(4789, raw({8, 0, 0, 0, 0, 0, 1, 0}) + ethernet(ip, p));
         }},
        {"VXLAN-GPE", any,
         [](const bytes& p) {
             return udp(4790, raw({12, 0, 0, 1, 0, 0, 1, 0}) + p);
         }},
        {"Geneve", any,
         [](const bytes& p) {
             return udp(6081, raw({2, 0}) + big16(0x6558) + raw({0, 0, 1, 0}) + bytes(8) + ethernet(ip, p));
         }},
        {"GTP-U", any,
         [](const bytes& p) {
             return udp(2152, raw({0x30, 0xff}) + big16(p.size()) + bytes(4) + p);
         }},
        {"GTP-U with an extension", any,
         [](const bytes& p) {
             return udp(2152, raw({0x34, 0xff}) + big16(p.size() + 8) + bytes(4) + raw({0, 0, 0, 0x85}) +
                                  raw({1, 0, 0, 0}) + p);
         }},
        {"VXLAN in VLAN in GRE in IPv6", any,
         [](const bytes& p) {
             const bytes vxlan = udp(8472, raw({8, 0, 0, 0, 0, 0, 1, 0}) + ethernet(ip, p));
             return ip_v6(47, big16(0) + big16(0x6558) + ethernet(0x8100, big16(10) + big16(ip) + vxlan));
         }},
    };
    for (const int family : {2, 10, 24, 28, 30}) {
        const bool v6 = family != 2;
        const auto of = [v6](const bytes& p) { return v6 ? ip_v6_of(p) : p; };
        const std::string name = "loopback, family " + std::to_string(family);
        all.push_back({name, 0, [=](const bytes& p) { return raw({family, 0, 0, 0}) + of(p); }});
        all.push_back({name + ", big endian", 0, [=](const bytes& p) { return raw({0, 0, 0, family}) + of(p); }});
        all.push_back({name + ", OpenBSD", 108, [=](const bytes& p) { return raw({0, 0, 0, family}) + of(p); }});
    }
    return all;
}

} // namespace audiosocket::test
