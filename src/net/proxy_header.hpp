// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <boost/asio/ip/tcp.hpp>

#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <vector>

namespace audiosocket::detail {

/// Reads the header with which a proxy says from where a connection came: the PROXY protocol of HAProxy, version 1 (a
/// line of text) or version 2 (binary). Source: HAProxy 2.6, doc/proxy-protocol.txt.
///
/// Give it bytes in any pieces until state() is not `reading`. It does no I/O, and keeps at most head_bytes_max +
/// addresses_bytes_max bytes.
class proxy_header {
  public:
    enum class state {
        reading,  ///< The header is incomplete.
        complete, ///< source() is valid.
        wrong,    ///< This is not a header, or not a valid one: see mistake().
    };

    /// The longest line of version 1 with its CR LF, by the specification.
    static constexpr std::size_t line_bytes_max = 107;

    /// The first part of version 2: signature, command, family, and the length of the second part.
    static constexpr std::size_t head_bytes = 16;

    /// The longest second part of version 2 that is accepted: addresses and extensions (TLVs). A proxy must keep a
    /// header within 536 bytes to be sure that it is taken; this is twice as much.
    static constexpr std::size_t addresses_bytes_max = 1024;

    /// Returns how many bytes are missing at least. A reader may read this many bytes, and as many more as surely
    /// follow a header, without reading too far.
    std::size_t missing() const noexcept;

    /// Takes bytes that arrived. Returns how many of them belong to the header.
    std::size_t receive(std::span<const std::byte> bytes);

    /// The peer has closed. Makes an incomplete header wrong.
    void receive_end();

    state now() const noexcept { return state_; }

    /// Returns whether a complete header says that the proxy itself is the peer, as in a health check (LOCAL).
    bool is_local() const noexcept { return is_local_; }

    /// Returns the address of the peer in a complete header. Returns nothing for LOCAL, and if the proxy does not know
    /// the peer: UNKNOWN, or no address (UNSPEC).
    const std::optional<boost::asio::ip::tcp::endpoint>& source() const noexcept { return source_; }

    /// Returns what is wrong, for a log.
    const std::string& mistake() const noexcept { return mistake_; }

    /// Returns the bytes of the header that arrived.
    std::span<const std::byte> bytes() const noexcept { return bytes_; }

  private:
    bool is_binary() const noexcept;
    void examine();
    void examine_line();
    void examine_binary();
    void read_addresses(unsigned family, std::span<const std::byte> from);
    void check_extensions(std::size_t from);
    void check_sum(std::size_t at, std::size_t length);
    void fail(std::string what);

    state state_ = state::reading;
    bool is_local_ = false;
    std::vector<std::byte> bytes_;
    std::optional<boost::asio::ip::tcp::endpoint> source_;
    std::string mistake_;
};

} // namespace audiosocket::detail
