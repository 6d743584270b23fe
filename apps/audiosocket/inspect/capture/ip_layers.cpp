// SPDX-License-Identifier: Apache-2.0
#include "inspect/capture/packet_walk.hpp"

#include "inspect/capture/protocol_names.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace audiosocket::app::inspect {

layer packet_walk::ip() {
    const unsigned version = has(1) ? u8(0) >> 4 : 0;
    if (version == 4) return ip_v4();
    return version == 6 ? ip_v6() : broken("IP");
}

// https://www.rfc-editor.org/rfc/rfc791#section-3.1
layer packet_walk::ip_v4() {
    constexpr std::size_t least_bytes = 20;
    constexpr unsigned more_or_offset = 0x3fff;
    if (!has(least_bytes)) return broken("IPv4");
    const std::size_t head_bytes = (u8(0) & 0xfU) * std::size_t{4};
    const std::size_t total = u16(2); // 0: the network card splits the packet, and sets the length
    if (head_bytes < least_bytes || (total != 0 && total < head_bytes)) return broken("IPv4");
    if (total != 0) limit(total);
    if ((u16(6) & more_or_offset) != 0) return named("IPv4 fragment");
    from_ = to_ = {};
    for (std::size_t i = 0; i < 4; ++i) {
        from_.address[i] = static_cast<std::uint8_t>(u8(12 + i));
        to_.address[i] = static_cast<std::uint8_t>(u8(16 + i));
    }
    return skip_to(head_bytes, {space::ip_protocol, u8(9)}, "IPv4");
}

// https://www.rfc-editor.org/rfc/rfc8200#section-3
layer packet_walk::ip_v6() {
    constexpr std::size_t head_bytes = 40;
    if (!has(head_bytes)) return broken("IPv6");
    if (const std::size_t payload = u16(4); payload != 0) limit(head_bytes + payload); // 0 as in IPv4
    from_ = to_ = {.is_v6 = true};
    for (std::size_t i = 0; i < 16; ++i) {
        from_.address[i] = static_cast<std::uint8_t>(u8(8 + i));
        to_.address[i] = static_cast<std::uint8_t>(u8(24 + i));
    }
    return skip_to(head_bytes, {space::ip_protocol, u8(6)}, "IPv6");
}

// https://www.iana.org/assignments/protocol-numbers
layer packet_walk::ip_protocol(std::uint32_t protocol) {
    switch (protocol) {
    case 6: return tcp();
    case 17: return udp();
    case 4:
    case 41: return tunnel("IP", ip_of_either_version);
    case 47: return gre();
    case 97: return enter(2, "EtherIP", {space::ethernet});
    case 137: return mpls();
    case 0:
    case 43:
    case 44:
    case 51:
    case 60:
    case 135:
    case 139:
    case 140: return ip_v6_extension(protocol);
    default: return named(ip_protocol_name(protocol));
    }
}

// Extension headers of IPv6, and AH, which also occurs in IPv4.
layer packet_walk::ip_v6_extension(std::uint32_t protocol) {
    constexpr std::uint32_t fragment = 44, authentication = 51;
    constexpr unsigned offset_or_more = 0xfff9;
    constexpr std::size_t least_bytes = 8;
    if (!has(least_bytes)) return broken("IPv6 extension header");
    const layer next{space::ip_protocol, u8(0)};
    if (protocol == fragment && (u16(2) & offset_or_more) != 0) return named("IPv6 fragment");
    const std::size_t bytes = protocol == fragment         ? least_bytes
                              : protocol == authentication ? (u8(1) + std::size_t{2}) * 4
                                                           : (u8(1) + std::size_t{1}) * 8;
    return skip_to(bytes, next, "IPv6 extension header");
}

// RFC 1701, 2784 and 2890; version 1 is RFC 2637 (PPTP).
layer packet_walk::gre() {
    constexpr unsigned checksum = 0x8000, routing = 0x4000, key = 0x2000, number = 0x1000, acknowledged = 0x80;
    constexpr unsigned version_bits = 7, erspan_2 = 0x88be;
    constexpr std::size_t optional_bytes = 4;
    if (!has(4)) return broken("GRE");
    const unsigned flags = u16(0), version = flags & version_bits, type = u16(2);
    if ((flags & routing) != 0 || version > 1) return named("GRE with source routing");
    std::size_t bytes = 4;
    for (const unsigned flag : {checksum, key, number, version == 1 ? acknowledged : 0})
        if ((flags & flag) != 0) bytes += optional_bytes;
    // ERSPAN type I has neither a sequence number nor a header.
    const layer next =
        type == erspan_2 && (flags & number) == 0 ? layer{space::ethernet} : layer{space::ethertype, type};
    return enter(bytes, "GRE", next);
}

// Types II and III: https://datatracker.ietf.org/doc/html/draft-foschiano-erspan-03
layer packet_walk::erspan(std::uint32_t type) {
    constexpr std::uint32_t type_2 = 0x88be;
    constexpr std::size_t type_2_bytes = 8, type_3_bytes = 12, platform_bytes = 8;
    if (type == type_2) return enter(type_2_bytes, "ERSPAN", {space::ethernet});
    if (!has(type_3_bytes)) return broken("ERSPAN");
    const bool has_platform = (u8(type_3_bytes - 1) & 1U) != 0;
    return enter(type_3_bytes + (has_platform ? platform_bytes : 0), "ERSPAN", {space::ethernet});
}

layer packet_walk::udp() {
    constexpr std::size_t head_bytes = 8;
    if (!has(head_bytes)) return broken("UDP");
    const unsigned from = u16(0), to = u16(2);
    const std::string outside = tunnel_;
    skip(head_bytes);
    const layer next = udp_payload(to);
    if (next.of != space::nothing) return next;
    tunnel_ = outside; // the payload of a tunnel's port may be anything
    return named(udp_name(from, to));
}

layer packet_walk::udp_payload(unsigned port) {
    switch (port) {
    case 4789:
    case 8472: return vxlan(false);
    case 4790: return vxlan(true);
    case 6081: return geneve();
    case 2152: return gtp();
    case 4754: return gre();
    case 6635: return mpls();
    default: return {};
    }
}

// RFC 7348; generic: draft-ietf-nvo3-vxlan-gpe.
layer packet_walk::vxlan(bool generic) {
    constexpr std::size_t head_bytes = 8;
    constexpr unsigned has_network = 0x08, has_protocol = 0x04, ipv4 = 1, ipv6 = 2;
    if (!has(head_bytes) || (u8(0) & has_network) == 0) return {};
    const unsigned protocol = generic && (u8(0) & has_protocol) != 0 ? u8(3) : 0;
    const bool is_ip = protocol == ipv4 || protocol == ipv6;
    return enter(head_bytes, "VXLAN", is_ip ? ip_of_either_version : layer{space::ethernet});
}

// RFC 8926
layer packet_walk::geneve() {
    constexpr std::size_t head_bytes = 8;
    if (!has(head_bytes) || u8(0) >> 6 != 0) return {};
    const std::size_t options = (u8(0) & 0x3fU) * std::size_t{4};
    if (!has(head_bytes + options)) return {};
    return enter(head_bytes + options, "Geneve", {space::ethertype, u16(2)});
}

// 3GPP TS 29.281; only messages with user data.
layer packet_walk::gtp() {
    constexpr std::size_t head_bytes = 8, optional_bytes = 4;
    constexpr unsigned version_1 = 1, user_data = 0xff, any_optional = 7, has_extension = 4;
    if (!has(head_bytes) || u8(0) >> 5 != version_1 || u8(1) != user_data) return {};
    const unsigned flags = u8(0);
    skip(head_bytes);
    if ((flags & any_optional) != 0) {
        if (!has(optional_bytes)) return {};
        unsigned extension = (flags & has_extension) != 0 ? u8(3) : 0;
        skip(optional_bytes);
        while (extension != 0) {
            const std::size_t bytes = has(1) ? u8(0) * std::size_t{4} : 0;
            if (bytes == 0 || !has(bytes)) return {};
            extension = u8(bytes - 1);
            skip(bytes);
        }
    }
    return tunnel("GTP", ip_of_either_version);
}

// https://www.rfc-editor.org/rfc/rfc9293#section-3.1
layer packet_walk::tcp() {
    constexpr std::size_t least_bytes = 20;
    constexpr unsigned fin = 1, syn = 2, rst = 4, ack = 16;
    if (!has(least_bytes)) return broken("TCP");
    const std::size_t head_bytes = (u8(12) >> 4) * std::size_t{4};
    if (head_bytes < least_bytes || head_bytes > wire_bytes_) return broken("TCP");
    tcp_segment s{.from = from_, .to = to_, .sequence = u32(4), .acknowledged = u32(8)};
    s.from.port = static_cast<std::uint16_t>(u16(0));
    s.to.port = static_cast<std::uint16_t>(u16(2));
    const unsigned flags = u8(13);
    s.syn = (flags & syn) != 0;
    s.ack = (flags & ack) != 0;
    s.fin = (flags & fin) != 0;
    s.rst = (flags & rst) != 0;
    s.payload = rest_.subspan(std::min(rest_.size(), head_bytes));
    s.payload_bytes = wire_bytes_ - head_bytes;
    content_.tcp = s;
    return {};
}

} // namespace audiosocket::app::inspect
