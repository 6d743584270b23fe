// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <audiosocket/net/file_descriptor.hpp>

#include <boost/asio/ip/tcp.hpp>

#include <cstddef>
#include <utility>

namespace audiosocket::detail {

/// A connection that was accepted and that no reactor watches yet. Move-only; closes itself.
class accepted_socket {
  public:
    accepted_socket(file_descriptor socket, const boost::asio::ip::tcp::endpoint& peer)
        : socket_(std::move(socket)), peer_(peer) {}

    explicit operator bool() const noexcept { return static_cast<bool>(socket_); }
    int descriptor() const noexcept { return socket_.get(); }
    const boost::asio::ip::tcp::endpoint& peer() const noexcept { return peer_; }

    /// Returns the descriptor, which the caller owns from now on.
    [[nodiscard]] int release() noexcept { return socket_.release(); }

    /// Closes it with a reset. The kernel forgets the connection at once; FIN would leave a socket that waits for a
    /// minute, for each connection that was refused.
    void reset() noexcept;

  private:
    file_descriptor socket_;
    boost::asio::ip::tcp::endpoint peer_;
};

/// Returns how many files this process may have open now.
std::size_t open_files_max() noexcept;

} // namespace audiosocket::detail
