// SPDX-License-Identifier: Apache-2.0
#include "inspect/capture/protocol_names.hpp"

#include <fmt/format.h>

#include <array>
#include <string_view>

namespace audiosocket::app::inspect {
namespace {

struct entry {
    std::uint32_t number;
    std::string_view name;
};

constexpr std::array ethertypes{
    entry{0x0806, "ARP"},
    entry{0x8035, "RARP"},
    entry{0x88cc, "LLDP"},
    entry{0x88e5, "MACsec (encrypted)"},
    entry{0x8863, "PPPoE discovery"},
    entry{0x888e, "802.1X"},
    entry{0x88f7, "PTP"},
    entry{0x894f, "NSH"},
    entry{0x8915, "RoCE"},
};

// https://www.iana.org/assignments/protocol-numbers
constexpr std::array ip_protocols{
    entry{1, "ICMP"},
    entry{2, "IGMP"},
    entry{50, "ESP (encrypted)"},
    entry{58, "ICMPv6"},
    entry{59, "IPv6 without content"},
    entry{89, "OSPF"},
    entry{103, "PIM"},
    entry{108, "IPComp"},
    entry{112, "VRRP"},
    entry{115, "L2TP"},
    entry{132, "SCTP"},
};

constexpr std::array udp_ports{
    entry{53, "DNS"},     entry{67, "DHCP"},         entry{68, "DHCP"},     entry{123, "NTP"},    entry{443, "QUIC"},
    entry{500, "IPsec"},  entry{1194, "OpenVPN"},    entry{1701, "L2TP"},   entry{2152, "GTP"},   entry{3544, "Teredo"},
    entry{4500, "IPsec"}, entry{4569, "IAX2"},       entry{4754, "GRE"},    entry{4789, "VXLAN"}, entry{4790, "VXLAN"},
    entry{5060, "SIP"},   entry{5353, "mDNS"},       entry{6081, "Geneve"}, entry{6635, "MPLS"},  entry{8472, "VXLAN"},
    entry{37008, "TZSP"}, entry{51820, "WireGuard"},
};

template <std::size_t Size>
std::string_view find(const std::array<entry, Size>& table, std::uint32_t number) {
    for (const entry& e : table)
        if (e.number == number) return e.name;
    return {};
}

} // namespace

std::string ethertype_name(std::uint32_t type) {
    const std::string_view name = find(ethertypes, type);
    return name.empty() ? fmt::format("EtherType {:#06x}", type) : std::string(name);
}

std::string ip_protocol_name(std::uint32_t protocol) {
    const std::string_view name = find(ip_protocols, protocol);
    return name.empty() ? fmt::format("IP protocol {}", protocol) : std::string(name);
}

std::string udp_name(unsigned from_port, unsigned to_port) {
    for (const unsigned port : {to_port, from_port})
        if (const auto name = find(udp_ports, port); !name.empty()) return fmt::format("UDP {} ({})", port, name);
    return "UDP";
}

} // namespace audiosocket::app::inspect
