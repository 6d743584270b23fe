// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <audiosocket/net/address.hpp>

#include <boost/asio/ip/tcp.hpp>

#include <string>

/// \file
/// HOST:PORT on the command line, in settings and in messages: how it is read, written, and what is said where it is
/// wrong.

namespace audiosocket::app {

/// Reads where to connect: HOST, HOST:PORT or [IPV6]:PORT; without a port it is 9092. Throws failure (usage) where
/// the text is none of these, or has no host, or port 0.
address parse_server_address(const std::string& text);

/// Reads where to listen: also :PORT, for every address of this machine, and port 0, for a free one. Throws failure
/// (usage).
address parse_listen_address(const std::string& text);

/// The same where 9092 is not the port to be taken for granted: also throws where the text has no port.
address parse_listen_address_with_port(const std::string& text);

/// Returns HOST:PORT, with brackets where the host has colons.
std::string host_port(const boost::asio::ip::tcp::endpoint& where);

} // namespace audiosocket::app
