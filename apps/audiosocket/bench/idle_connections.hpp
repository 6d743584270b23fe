// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "bench/call_socket.hpp"

#include <cstddef>
#include <vector>

namespace audiosocket::app::bench {

/// Connections that send nothing, to measure what a port scan costs a server.
class idle_connections {
  public:
    /// Opens this many, one after the other. Throws failure (network) if a connection fails.
    idle_connections(const endpoint& server, std::size_t count);

    std::size_t count() const noexcept { return sockets_.size(); }
    /// Returns how many of them the server has closed by now, usually at its deadline for the id.
    std::size_t closed_by_server() const;

  private:
    std::vector<call_socket> sockets_;
};

} // namespace audiosocket::app::bench
