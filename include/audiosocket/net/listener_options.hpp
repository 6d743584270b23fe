// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <audiosocket/call/call_options.hpp>
#include <audiosocket/net/network.hpp>
#include <audiosocket/protocol/uuid.hpp>

#include <boost/asio/ip/tcp.hpp>

#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <vector>

namespace audiosocket {

/// The rules of a listener: how its calls behave, which connections it admits, and how many. Can be changed while it
/// runs (listener::set_options).
///
/// A connection that is refused is reset before any of its bytes is read. Asterisk treats that as a failure, as if
/// nothing listened on the port. It does not take it for a call that ended well.
struct listener_options {
    /// The rules for each call.
    audiosocket::call_options call = {};

    /// Calls in progress at once; at least 1. With handshakes_max and files_reserved, the default stays below 1,024,
    /// the usual limit of open files.
    std::size_t calls_max = 800;

    /// Connections whose id has not arrived; at least 1. Asterisk sends the id at once. When there are more, the
    /// listener closes the oldest connection of the host that has most of them (protocol_errc::id_timeout). So silent
    /// connections cannot keep callers out, and neither can a host that connects very often. An IPv6 network of 64 bits
    /// counts as one host here.
    std::size_t handshakes_max = 100;

    /// Calls in progress from one IP address, including connections whose id has not arrived; 0: no such limit. An
    /// IPv4-mapped IPv6 address counts as the IPv4 address.
    std::size_t calls_per_host_max = 0;

    /// Open files that connections must leave to the application, for recordings, logs, and those who look after it;
    /// never more than a quarter of what the system allows. A connection that would use one of them is refused
    /// (refusal::files). With no file left, the listener could not even accept a connection to refuse it, and callers
    /// would wait unanswered. The default is about half of what calls_max and handshakes_max leave of 1,024.
    std::size_t files_reserved = 64;

    /// The networks that may call; empty: all. At most `networks_max`, because each connection is compared with all of
    /// them.
    std::vector<network> allow = {};

    /// The most networks in `allow`. To compare with that many takes some microseconds a connection.
    static constexpr std::size_t networks_max = 1000;

    /// Returns the rules for one call, which take the place of `call`; empty: `call` is for all.
    ///
    /// Called when the id of a connection has arrived, with that id and the address of its peer. `call` holds until
    /// then: its id_timeout and its message_timeout end a connection that is late. So id_timeout has no effect in what
    /// this function returns. Everything else does.
    ///
    /// If it throws, or returns options that validate() refuses, this call is reset and reported (refusal::options). No
    /// other call notices. Runs on the io_context of the listener, which accepts nothing meanwhile, so it must be
    /// quick. It must not use the listener.
    std::function<audiosocket::call_options(const uuid& id, const boost::asio::ip::tcp::endpoint& peer)> options_for =
        {};
};

/// Why a connection was refused.
enum class refusal : std::uint8_t {
    network, ///< Its address is in none of the networks that may call (allow).
    full,    ///< calls_max calls were in progress.
    host,    ///< Its host had calls_per_host_max already.
    files,   ///< Only the files_reserved were left of those that the system allows this process.
    options, ///< options_for threw, or returned options that no call can work with. The id had arrived.
};

/// A summary of refusals: those since the last report.
struct refusals {
    std::uint64_t network = 0; ///< For refusal::network.
    std::uint64_t full = 0;    ///< For refusal::full.
    std::uint64_t host = 0;    ///< For refusal::host.
    std::uint64_t files = 0;   ///< For refusal::files.
    std::uint64_t options = 0; ///< For refusal::options.

    /// The peer of the first of them.
    boost::asio::ip::tcp::endpoint first_peer;
    /// The reason of the first of them.
    refusal first_reason{};

    /// More about the first reason: for refusal::options the text of the exception. Otherwise empty.
    std::string first_detail;

    /// Returns how many there were, for all reasons.
    std::uint64_t total() const noexcept { return network + full + host + files + options; }
};

} // namespace audiosocket
