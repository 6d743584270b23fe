// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "inspect/capture/packet_layers.hpp"

#include <string_view>

/// \file
/// The implementation of read_layers(). Layers up to IP are in link_layers.cpp, IP and above in ip_layers.cpp.

namespace audiosocket::app::inspect {

// The number spaces in which a header names the next header.
enum class space : std::uint8_t { link, ethernet, ethertype, ppp, ip, ip_protocol, nothing };

struct layer {
    space of = space::nothing;
    std::uint32_t number = 0;
};

constexpr layer ip_of_either_version{space::ip};

/// Each layer removes its header from the front of the packet and returns the next layer, until that is TCP or has only
/// a name.
class packet_walk {
  public:
    packet_walk(std::span<const std::byte> bytes, std::size_t wire_bytes) : rest_(bytes), wire_bytes_(wire_bytes) {}

    packet_content read(std::uint32_t link_type);

  private:
    layer read_one(layer what);
    layer link(std::uint32_t type);
    layer loopback();
    layer nflog();
    layer encapsulated_link(std::uint32_t type);
    layer ethernet();
    layer wireless();
    layer wireless_with_radio();
    layer ethertype(std::uint32_t type);
    layer llc();
    layer mpls();
    layer ppp_over_ethernet();
    layer ppp();
    layer ppp_protocol(std::uint32_t protocol);
    layer ip();
    layer ip_v4();
    layer ip_v6();
    layer ip_protocol(std::uint32_t protocol);
    layer ip_v6_extension(std::uint32_t protocol);
    layer gre();
    layer erspan(std::uint32_t type);
    layer udp();
    layer udp_payload(unsigned port);
    layer vxlan(bool generic);
    layer geneve();
    layer gtp();
    layer tcp();

    bool has(std::size_t bytes) const noexcept { return rest_.size() >= bytes; }
    void skip(std::size_t bytes);
    void limit(std::size_t wire_bytes);
    layer skip_to(std::size_t bytes, layer next, std::string_view name);
    layer named(std::string name);
    layer broken(std::string_view name);
    layer tunnel(std::string_view name, layer next);
    layer enter(std::size_t bytes, std::string_view name, layer next);

    unsigned u8(std::size_t at) const noexcept { return std::to_integer<unsigned>(rest_[at]); }
    unsigned u16(std::size_t at) const noexcept { return u8(at) << 8 | u8(at + 1); }
    std::uint32_t u32(std::size_t at) const noexcept { return std::uint32_t{u16(at)} << 16 | u16(at + 2); }
    std::uint32_t little_u32(std::size_t at) const noexcept {
        return u8(at) | u8(at + 1) << 8 | u8(at + 2) << 16 | std::uint32_t{u8(at + 3)} << 24;
    }

    std::span<const std::byte> rest_;
    std::size_t wire_bytes_; // of the rest
    endpoint from_, to_;
    std::string tunnel_; // the innermost tunnel
    packet_content content_;
};

} // namespace audiosocket::app::inspect
