// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "net/accepted_socket.hpp"
#include "net/retry.hpp"

#include <audiosocket/net/error.hpp>
#include <audiosocket/net/listening_socket.hpp>

#include <boost/asio/basic_socket_acceptor.hpp>
#include <boost/asio/ip/tcp.hpp>

#include <memory>

namespace audiosocket::detail {

/// Accepts connections from a listening socket, in batches of limited time. So a flood of connections does not take the
/// turns of the calls on the same thread.
///
/// It is a member of its owner, and keeps the owner alive while an operation is in progress. Use it only on the
/// io_context.
class acceptor {
  public:
    struct owner {
        /// Returns a pointer that keeps the owner alive.
        virtual std::shared_ptr<void> keep_alive() = 0;

        /// Called for each connection. May close the acceptor.
        virtual void accepted(accepted_socket peer) = 0;

        /// Called if the system refused to accept. The acceptor tries again after a pause.
        virtual void accept_failed() = 0;

      protected:
        ~owner() = default;
    };

    /// Prepares to accept from this socket. Throws boost::system::system_error if the reactor cannot watch it.
    acceptor(boost::asio::io_context& io, listening_socket socket, owner& whose);
    acceptor(const acceptor&) = delete;
    acceptor& operator=(const acceptor&) = delete;
    ~acceptor() { close(); }

    /// Accepts connections until close().
    void start();

    bool is_open() const noexcept { return socket_.is_open(); }
    const listening_socket& socket() const noexcept { return socket_; }

    /// Closes the descriptor of this process. Another process may still listen on the same socket.
    void close() noexcept;

  private:
    void accept_batch();
    void continue_after(std::chrono::nanoseconds wait);

    owner& owner_;
    listening_socket socket_;
    boost::asio::basic_socket_acceptor<boost::asio::ip::tcp, io_executor> reactor_; // has the descriptor, not owned
    io_timer pause_;
    retry again_; // when there is no memory for the pause
};

/// Accepts the connection that has waited longest. Returns an empty socket with `would_block` if there is none, or with
/// the error of the system.
accepted_socket accept_one(const listening_socket& from, io_error& error);

} // namespace audiosocket::detail
