#pragma once

#include <audiosocket/export.hpp>

#include <boost/asio/ip/address.hpp>

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace audiosocket {

/// The addresses that begin with the same bits: `10.0.0.0/8`, `2001:db8::/32`, or a single one. A value.
///
/// An IPv4 address that comes as IPv6 (IPv4-mapped, as a socket for both has it) is the IPv4 address.
class AUDIOSOCKET_EXPORT network {
  public:
    /// Reads ADDRESS/BITS, or ADDRESS for a single one. Throws std::invalid_argument, whose text says what is wrong
    /// and what to write, for anything else: a name, too many bits, bits set beyond the prefix (`10.0.0.1/8`, which
    /// could mean two things).
    static network parse(std::string_view text);

    bool contains(const boost::asio::ip::address& one) const noexcept;

    /// ADDRESS/BITS, and only the address where it is a single one.
    std::string to_string() const;

    bool operator==(const network&) const = default;

  private:
    network() = default;

    boost::asio::ip::address first_; // IPv4 is never written as IPv6 here
    std::size_t prefix_bits_ = 0;
};

/// An address as 16 bytes that are the same for IPv4 and IPv4 that comes as IPv6: what hosts are told apart by.
using host_key = std::array<std::uint8_t, 16>;
AUDIOSOCKET_EXPORT host_key host_key_of(const boost::asio::ip::address& one) noexcept;

} // namespace audiosocket
