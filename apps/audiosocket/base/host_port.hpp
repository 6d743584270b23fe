// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <audiosocket/net/address.hpp>

#include <boost/asio/ip/tcp.hpp>

#include <string>

/// \file
/// HOST:PORT on the command line, in settings and in messages: reading, writing and error messages.

namespace audiosocket::app {

/// Reads where to connect: HOST, HOST:PORT or [IPV6]:PORT; the default port is 9092. Throws failure (usage) if the text
/// has another form, no host, or port 0.
address parse_server_address(const std::string& text);

/// Reads where to listen. :PORT means every address of this machine; port 0 means any free port. Throws failure
/// (usage).
address parse_listen_address(const std::string& text);

/// The same without a default port: also throws if the text has no port.
address parse_listen_address_with_port(const std::string& text);

/// Returns HOST:PORT, with brackets if the host has colons. An IPv4 peer of an IPv6 socket is shown as IPv4.
std::string host_port(const boost::asio::ip::tcp::endpoint& where);

} // namespace audiosocket::app
