#pragma once

#include <audiosocket/call/call_options.hpp>
#include <audiosocket/net/network.hpp>

#include <boost/asio/ip/tcp.hpp>

#include <cstddef>
#include <cstdint>
#include <vector>

namespace audiosocket {

/// What a listener has to know: the rules for calls, whom it answers, and how many. Can be changed while it runs
/// (listener::set_options).
///
/// A connection that is refused is reset before anything of it has been read. To Asterisk that is what it is where
/// nobody listens: a failure, never a call that ended well.
struct listener_options {
    /// The rules for each call.
    audiosocket::call_options call;

    /// Calls up at once. The default stays below the 1,024 open files that a process may have where nobody raised the
    /// limit.
    std::size_t calls_max = 800;

    /// Connections that have not said their id yet. Asterisk says it at once, so when there are more, the oldest is the
    /// best one to close (protocol_errc::id_timeout): silent connections cannot keep callers out.
    std::size_t handshakes_max = 100;

    /// calls_max for each IP address from which somebody calls, and here connections that have not said their id yet
    /// count as well; 0: no such limit. IPv4 is the same address when it comes as IPv6.
    std::size_t calls_per_host_max = 0;

    /// Who may call; empty: everybody. At most `networks_max`, for each connection is held against all of them.
    std::vector<network> allow = {};
    static constexpr std::size_t networks_max = 1000; // some microseconds a connection
};

/// Why a connection was refused.
enum class refusal : std::uint8_t {
    network, ///< Its address is in none of the networks that may call.
    full,    ///< calls_max calls were up.
    host,    ///< Its host had calls_per_host_max already.
    files,   ///< Nearly as many files were open as the system allows this process.
};

/// Refusals since those that were told last.
struct refusals {
    std::uint64_t network = 0;
    std::uint64_t full = 0;
    std::uint64_t host = 0;
    std::uint64_t files = 0;

    /// The first of them.
    boost::asio::ip::tcp::endpoint first_peer;
    refusal first_reason{};

    std::uint64_t total() const noexcept { return network + full + host + files; }
};

} // namespace audiosocket
