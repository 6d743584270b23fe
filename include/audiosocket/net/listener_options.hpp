// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <audiosocket/call/call_options.hpp>
#include <audiosocket/net/network.hpp>
#include <audiosocket/protocol/uuid.hpp>

#include <boost/asio/ip/tcp.hpp>

#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

namespace audiosocket {

/// The options of a listener: how its calls behave, and which and how many connections it admits. They can be changed
/// while it runs (listener::set_options).
///
/// A refused connection is reset before its id is read. Asterisk treats that as a failure, as if nothing listened
/// on the port, and not as a call that ended normally.
struct listener_options {
    /// The options of each call.
    audiosocket::call_options call = {};

    /// The most calls in progress; at least 1. With handshakes_max and files_reserved, the default stays below 1,024,
    /// the usual limit of open files.
    std::size_t calls_max = 800;

    /// The most connections whose id has not arrived; at least 1. Asterisk sends the id at once. If there are more, the
    /// listener closes the oldest connection of the host that has most of them (protocol_errc::id_timeout). So neither
    /// silent connections nor a host that connects very often can keep callers out. An IPv6 network of 64 bits counts
    /// as one host here.
    std::size_t handshakes_max = 100;

    /// The most calls in progress from one IP address, including connections whose id has not arrived; 0: no such
    /// limit. An IPv4-mapped IPv6 address counts as the IPv4 address.
    std::size_t calls_per_host_max = 0;

    /// How many open files connections must leave to the application, for recordings, logs and administration; at most
    /// a quarter of what the system allows. A connection that would use one of them is refused (refusal::files). With
    /// no file left, the listener could not even accept a connection to refuse it, and callers would wait without an
    /// answer. The default is about half of what calls_max and handshakes_max leave of 1,024.
    std::size_t files_reserved = 64;

    /// The networks that may call; empty: all. At most `networks_max`, because each connection is compared with each
    /// network.
    std::vector<network> allow = {};

    /// The networks of proxies, such as HAProxy, that begin each connection with a header of the PROXY protocol
    /// (version 1 or 2). The header names the real peer, to which `allow`, calls_per_host_max, call::peer() and reports
    /// then refer. It must arrive before the id, within call_options::id_timeout. Empty: no proxies. At most
    /// `networks_max`.
    ///
    /// A connection from such a network without a valid header is refused (refusal::proxy_header). A header from any
    /// other address is a bad first message. `allow` and calls_per_host_max do not apply to a connection of the proxy
    /// itself, such as a health check (LOCAL). If the proxy does not know the peer (UNKNOWN, or PROXY without
    /// addresses), they apply to the address of the proxy.
    std::vector<network> proxies = {};

    /// The most networks in `allow`, and in `proxies`. Comparing with that many takes some microseconds for each
    /// connection.
    static constexpr std::size_t networks_max = 1000;

    /// Returns the options of one call, which replace `call`. Without this function all calls have `call`.
    ///
    /// Called when the id of a connection has arrived, with that id and the address of the peer. `call` applies until
    /// then: its id_timeout and message_timeout end a connection that is late. So the id_timeout that this function
    /// returns has no effect. All its other options have.
    ///
    /// If it throws, or returns options that validate() refuses, this call is reset and reported (refusal::options).
    /// Other calls are not affected. Runs on the io_context of the listener, which accepts nothing meanwhile, so it
    /// must be quick. It must not use the listener.
    std::function<audiosocket::call_options(const uuid& id, const boost::asio::ip::tcp::endpoint& peer)> options_for =
        {};

    /// Returns the number, from 0, of the io_context on which a call is to run. If it returns nothing, or a number that
    /// is too high, the io_context with the fewest calls is used. Meant for applications that have prepared something
    /// on an io_context.
    ///
    /// Called when the id of a connection has arrived. Runs on the io_context of the listener, must not throw, must be
    /// quick, and must not use the listener.
    std::function<std::optional<std::size_t>(const uuid& id)> home_for = {};
};

/// Why a connection was refused.
enum class refusal : std::uint8_t {
    network,      ///< Its address is not in a network that may call (allow).
    full,         ///< calls_max calls were in progress.
    host,         ///< calls_per_host_max calls from its host were in progress.
    files,        ///< Only files_reserved were left of the open files that the system allows this process.
    options,      ///< options_for threw, or returned options that validate() refuses. The id had arrived.
    proxy_header, ///< It came from a proxy (proxies), and did not begin with a valid header of the PROXY protocol.
};

/// A summary of the refusals since the last report.
struct refusals {
    std::uint64_t network = 0;      ///< Connections refused for refusal::network.
    std::uint64_t full = 0;         ///< Connections refused for refusal::full.
    std::uint64_t host = 0;         ///< Connections refused for refusal::host.
    std::uint64_t files = 0;        ///< Connections refused for refusal::files.
    std::uint64_t options = 0;      ///< Connections refused for refusal::options.
    std::uint64_t proxy_header = 0; ///< Connections refused for refusal::proxy_header.

    /// The peer of the first of them.
    boost::asio::ip::tcp::endpoint first_peer;
    /// The reason of the first of them.
    refusal first_reason{};

    /// Details of the first reason: the text of the exception for refusal::options, the mistake for
    /// refusal::proxy_header, otherwise empty.
    std::string first_detail;

    /// Returns the number of refusals for all reasons.
    std::uint64_t total() const noexcept { return network + full + host + files + options + proxy_header; }
};

} // namespace audiosocket
