// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "inspect/capture/tcp_segment.hpp"

#include <cstdint>
#include <optional>
#include <span>
#include <string>

namespace audiosocket::app::inspect {

/// The content of one packet.
struct packet_content {
    std::optional<tcp_segment> tcp;
    std::string what;               ///< Without TCP: the name of the content, such as "UDP 53 (DNS)" or "ARP in VXLAN".
    bool is_link_type_known = true; ///< False: the packet was not read.
};

/// Reads the headers of a packet, from its link layer through tunnels up to TCP.
///
/// Link layers: Ethernet (802.1Q, QinQ, 802.3 SNAP), Linux cooked 1 and 2, BSD loopback with any family in either byte
/// order, raw IP, NFLOG, PPP, PPPoE, PPI, PKTAP, Cisco HDLC, 802.11 with or without radiotap. Tunnels: VLAN, PPPoE,
/// MPLS, IP in IP, GRE with its optional fields, ERSPAN, EtherIP, AH, VXLAN, VXLAN-GPE, Geneve, GTP-U and MPLS or GRE
/// in UDP; at most 40 headers. Fragments of IP and encrypted content are named, but not read.
///
/// `bytes` may be any bytes, and fewer than `wire_bytes` if the packet was cut off. The payload of the segment is a
/// view into them.
packet_content read_layers(std::uint32_t link_type, std::span<const std::byte> bytes, std::size_t wire_bytes);

} // namespace audiosocket::app::inspect
