// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "bench/call_socket.hpp"

#include <cstddef>
#include <vector>

namespace audiosocket::app::bench {

/// Connections that send nothing: what a scan, or a broken Asterisk, costs a server.
class idle_connections {
  public:
    /// Makes this many, one after the other. Throws failure (network) where one cannot be made.
    idle_connections(const endpoint& server, std::size_t count);

    std::size_t count() const noexcept { return sockets_.size(); }
    /// How many of them the server has closed by now, as its deadline for the id wants.
    std::size_t closed_by_server() const;

  private:
    std::vector<call_socket> sockets_;
};

} // namespace audiosocket::app::bench
