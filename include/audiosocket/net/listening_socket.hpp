// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <audiosocket/net/address.hpp>
#include <audiosocket/net/file_descriptor.hpp>

#include <boost/asio/ip/tcp.hpp>

namespace audiosocket {

/// A TCP socket that listens: the kernel completes connections to it and queues them. Move-only; owns its descriptor,
/// which is closed in commands that this process executes (close-on-exec).
///
/// Several processes may hold the same listening socket, so that one can take over from another. Each process closes
/// only its own descriptor; the socket listens until the last of them is closed.
class AUDIOSOCKET_EXPORT listening_socket {
  public:
    /// Binds to this address and listens. An empty host means every address, IPv6 and IPv4. Port 0 takes a free port.
    /// Resolves a host name, which may block. Throws boost::system::system_error, whose text names the address, if the
    /// port is in use, the host is unknown, or the system does not permit it.
    static listening_socket listen(const address& where);

    /// Takes ownership of a socket that listens already, which a service manager or a predecessor passed to this
    /// process. Throws std::invalid_argument, whose text names the descriptor, if it is not a listening TCP socket; the
    /// descriptor is closed then.
    static listening_socket adopt(file_descriptor listening);

    /// Takes the descriptor of the other, which is not open afterwards.
    listening_socket(listening_socket&&) noexcept = default;
    /// Closes its own descriptor and takes that of the other, which is not open afterwards.
    listening_socket& operator=(listening_socket&&) noexcept = default;
    ~listening_socket() = default;

    /// Returns whether it owns a descriptor. False after release(), close() and a move.
    bool is_open() const noexcept { return static_cast<bool>(socket_); }

    /// Returns the descriptor, to pass it to another process; -1 if not open. This object still owns it.
    int descriptor() const noexcept { return socket_.get(); }

    /// Returns the address on which it listens, with the port that the system chose for port 0. Throws
    /// boost::system::system_error if not open.
    boost::asio::ip::tcp::endpoint local_endpoint() const;

    /// Gives up the descriptor, which the caller of this function owns from now on.
    [[nodiscard]] file_descriptor release() noexcept { return std::move(socket_); }

    /// Closes the descriptor of this process.
    void close() noexcept { socket_.close(); }

  private:
    explicit listening_socket(file_descriptor socket) noexcept : socket_(std::move(socket)) {}

    file_descriptor socket_;
};

} // namespace audiosocket
