// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>

/// \file
/// Names of protocols that are recognised but not read.

namespace audiosocket::app::inspect {

std::string ethertype_name(std::uint32_t type);             ///< "ARP", or "EtherType 0x1234"
std::string ip_protocol_name(std::uint32_t protocol);       ///< "ICMP", or "IP protocol 99"
std::string udp_name(unsigned from_port, unsigned to_port); ///< "UDP 53 (DNS)", or "UDP" for ports without a name

} // namespace audiosocket::app::inspect
