// SPDX-License-Identifier: Apache-2.0
#include "inspect/capture/packet_walk.hpp"

#include "inspect/capture/protocol_names.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>

namespace audiosocket::app::inspect {

// Numbers: https://www.tcpdump.org/linktypes.html
layer packet_walk::link(std::uint32_t type) {
    constexpr std::size_t sll_bytes = 16, sll2_bytes = 20, hdlc_bytes = 4;
    switch (type) {
    case 0:
    case 108: return loopback();
    case 1: return ethernet();
    case 9:
    case 50: return ppp();
    case 12:
    case 14:
    case 101:
    case 228:
    case 229: return ip_of_either_version;
    case 51: return ppp_over_ethernet();
    case 104: return has(hdlc_bytes) ? skip_to(hdlc_bytes, {space::ethertype, u16(2)}, {}) : broken("Cisco HDLC");
    case 113: return has(sll_bytes) ? skip_to(sll_bytes, {space::ethertype, u16(14)}, {}) : broken("Linux cooked");
    case 276: return has(sll2_bytes) ? skip_to(sll2_bytes, {space::ethertype, u16(0)}, {}) : broken("Linux cooked");
    case 105: return wireless();
    case 127: return wireless_with_radio();
    case 149:
    case 192:
    case 258: return encapsulated_link(type);
    case 239: return nflog();
    default: content_.is_link_type_known = false; return named(fmt::format("link type {}", type));
    }
}

// The family is a number of the capturing system, in its byte order, or in network order (type 108). Families of IPv6:
// 10 Linux, 24 NetBSD and OpenBSD, 28 FreeBSD, 30 macOS. The IP version in the next header has the same information.
layer packet_walk::loopback() {
    constexpr std::size_t family_bytes = 4;
    constexpr std::array families{2U, 10U, 24U, 28U, 30U};
    if (!has(family_bytes)) return broken("loopback");
    for (const std::uint32_t family : {u32(0), little_u32(0)})
        if (std::find(families.begin(), families.end(), family) != families.end())
            return skip_to(family_bytes, ip_of_either_version, {});
    return named(fmt::format("loopback of family {}", std::min(u32(0), little_u32(0))));
}

// A list of length, type and value, in the byte order of the capturing system. Types are small numbers.
layer packet_walk::nflog() {
    constexpr std::size_t head_bytes = 4, item_bytes = 4;
    constexpr unsigned payload_type = 9;
    if (!has(head_bytes)) return broken("NFLOG");
    skip(head_bytes);
    while (has(item_bytes)) {
        const bool little = u8(3) == 0;
        const std::size_t length = little ? u8(0) | u8(1) << 8 : u16(0);
        const unsigned type = (little ? u8(2) : u16(2)) & 0x7fffU;
        if (length < item_bytes) break;
        if (type == payload_type) {
            limit(length);
            return skip_to(item_bytes, ip_of_either_version, "NFLOG");
        }
        const std::size_t padded = (length + 3) / 4 * 4;
        if (!has(padded)) break;
        skip(padded);
    }
    return broken("NFLOG");
}

// A pseudo-header before that of another link type. All fields are little endian.
layer packet_walk::encapsulated_link(std::uint32_t type) {
    constexpr std::uint32_t ppi = 192;
    if (!has(12)) return broken(type == ppi ? "PPI" : "PKTAP");
    if (type == ppi) return skip_to(u8(2) | u8(3) << 8, {space::link, little_u32(4)}, "PPI");
    return skip_to(little_u32(0), {space::link, little_u32(8)}, "PKTAP");
}

// IEEE 802.11: data frames that are not encrypted.
layer packet_walk::wireless() {
    constexpr std::size_t least_bytes = 24, address_bytes = 6, quality_bytes = 2, control_bytes = 4;
    constexpr unsigned data = 2, no_data = 4, quality = 8, both_systems = 3, encrypted = 0x40, order = 0x80;
    if (!has(least_bytes)) return broken("802.11");
    const unsigned type = u8(0) >> 2 & 3, subtype = u8(0) >> 4, flags = u8(1);
    if (type != data || (subtype & no_data) != 0) return named("802.11 without data");
    if ((flags & encrypted) != 0) return named("802.11 (encrypted)");
    std::size_t bytes = least_bytes;
    if ((flags & both_systems) == both_systems) bytes += address_bytes;
    if ((subtype & quality) != 0) bytes += quality_bytes + ((flags & order) != 0 ? control_bytes : 0);
    if (!has(bytes)) return broken("802.11");
    skip(bytes);
    return llc();
}

// radiotap: the length is little endian.
layer packet_walk::wireless_with_radio() {
    constexpr std::size_t least_bytes = 8;
    return has(least_bytes) ? skip_to(u8(2) | u8(3) << 8, {space::link, 105}, "radiotap") : broken("radiotap");
}

layer packet_walk::ethernet() {
    constexpr std::size_t head_bytes = 14, type_at = 12;
    return has(head_bytes) ? skip_to(head_bytes, {space::ethertype, u16(type_at)}, {}) : broken("Ethernet");
}

layer packet_walk::ethertype(std::uint32_t type) {
    constexpr std::size_t tag_bytes = 4;
    constexpr std::uint32_t smallest_type = 0x600; // below: a length
    switch (type) {
    case 0x0800:
    case 0x86dd: return ip_of_either_version;
    case 0x8100:
    case 0x88a8:
    case 0x9100:
    case 0x9200: return has(tag_bytes) ? skip_to(tag_bytes, {space::ethertype, u16(2)}, {}) : broken("VLAN");
    case 0x8847:
    case 0x8848: return mpls();
    case 0x8864: return ppp_over_ethernet();
    case 0x880b: return tunnel("PPP", ppp());
    case 0x6558: return {space::ethernet};
    case 0x88be:
    case 0x22eb: return erspan(type);
    default: return type < smallest_type ? llc() : named(ethertype_name(type));
    }
}

// 802.3: SNAP with an EtherType, or not IP.
layer packet_walk::llc() {
    constexpr std::size_t snap_bytes = 8, type_at = 6;
    constexpr std::uint32_t snap = 0xaaaa0300; // with an organisation that starts with 0
    if (!has(snap_bytes) || u32(0) != snap) return named("802.3 (LLC)");
    return skip_to(snap_bytes, {space::ethertype, u16(type_at)}, {});
}

// Labels up to the label with the bottom bit. No field has the type of the payload. IP is recognised by its version. A
// payload that starts with 0 has a control word, and is Ethernet like the rest.
layer packet_walk::mpls() {
    constexpr std::size_t label_bytes = 4, control_word_bytes = 4;
    for (bool bottom = false; !bottom;) {
        if (!has(label_bytes)) return broken("MPLS");
        bottom = (u8(2) & 1U) != 0;
        skip(label_bytes);
    }
    if (!has(1)) return broken("MPLS");
    const unsigned version = u8(0) >> 4;
    if (version == 4 || version == 6) return tunnel("MPLS", ip_of_either_version);
    if (version == 0 && !has(control_word_bytes)) return broken("MPLS");
    if (version == 0) skip(control_word_bytes);
    return tunnel("MPLS", {space::ethernet});
}

layer packet_walk::ppp_over_ethernet() {
    constexpr std::size_t head_bytes = 6;
    if (!has(head_bytes)) return broken("PPPoE");
    skip(head_bytes);
    return tunnel("PPPoE", ppp());
}

// With or without HDLC's address and control. The protocol may be compressed to one byte, which is odd.
layer packet_walk::ppp() {
    if (has(2) && u16(0) == 0xff03) skip(2);
    if (!has(2)) return broken("PPP");
    const bool compressed = (u8(0) & 1U) != 0;
    return skip_to(compressed ? 1 : 2, {space::ppp, compressed ? u8(0) : u16(0)}, "PPP");
}

layer packet_walk::ppp_protocol(std::uint32_t protocol) {
    switch (protocol) {
    case 0x21:
    case 0x57: return ip_of_either_version;
    case 0x281: return mpls();
    default: return named(fmt::format("PPP protocol {:#06x}", protocol));
    }
}

} // namespace audiosocket::app::inspect
