// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <audiosocket/export.hpp>

#include <boost/asio/ip/address.hpp>

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace audiosocket {

/// A range of IP addresses that begin with the same bits: `10.0.0.0/8`, `2001:db8::/32`, or a single address. A
/// copyable value.
///
/// An IPv4-mapped IPv6 address, as a socket for both families reports it, counts as the IPv4 address.
class AUDIOSOCKET_EXPORT network {
  public:
    /// Reads ADDRESS/BITS, or ADDRESS for a single address. Throws std::invalid_argument, which says what is wrong and
    /// what to write, for any other text: a name, too many bits, or bits set beyond the prefix (`10.0.0.1/8`, which
    /// could mean two things).
    static network parse(std::string_view text);

    /// Returns whether this address is in the network.
    bool contains(const boost::asio::ip::address& one) const noexcept;

    /// Returns ADDRESS/BITS, or ADDRESS for a single address.
    std::string to_string() const;

    /// Compares the first address and the length of the prefix.
    bool operator==(const network&) const = default;

  private:
    network() = default;

    boost::asio::ip::address first_; // never an IPv4-mapped IPv6 address
    std::size_t prefix_bits_ = 0;
};

/// Identifies a host by its IP address: 16 bytes in network order. An IPv4 address and its IPv4-mapped IPv6 address
/// have the same key.
using host_key = std::array<std::uint8_t, 16>;

/// Returns the key of the host with this address.
AUDIOSOCKET_EXPORT host_key host_key_of(const boost::asio::ip::address& one) noexcept;

} // namespace audiosocket
