// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <audiosocket/net/file_descriptor.hpp>

#include <boost/asio/ip/tcp.hpp>

#include <cstddef>
#include <utility>

namespace audiosocket::detail {

/// An accepted connection that no reactor watches yet. Move-only; closes itself.
class accepted_socket {
  public:
    accepted_socket(file_descriptor socket, const boost::asio::ip::tcp::endpoint& peer)
        : socket_(std::move(socket)), peer_(peer) {}

    int descriptor() const noexcept { return socket_.get(); }
    const boost::asio::ip::tcp::endpoint& peer() const noexcept { return peer_; }

    /// Gives up the descriptor, which the caller of this function owns from now on.
    [[nodiscard]] int release() noexcept { return socket_.release(); }

    /// Closes the connection with a reset, so that the kernel forgets it at once. With a FIN, each refused connection
    /// would leave a socket that waits for a minute.
    void reset() noexcept;

  private:
    file_descriptor socket_;
    boost::asio::ip::tcp::endpoint peer_;
};

/// Returns how many files this process may have open now.
std::size_t open_files_max() noexcept;

} // namespace audiosocket::detail
