#pragma once

#include "net/turn_table.hpp"

#include <audiosocket/net/address.hpp>

#include <boost/asio/basic_socket_acceptor.hpp>
#include <boost/asio/ip/tcp.hpp>

#include <utility>

/// \file
/// The listening socket: what of it is the system's and not Asio's.

namespace audiosocket::detail {

using tcp_acceptor = boost::asio::basic_socket_acceptor<boost::asio::ip::tcp, io_executor>;

/// A connection that was accepted and that no reactor knows of yet. Move-only; whoever is not taken is closed.
class newcomer {
  public:
    newcomer(int descriptor, const boost::asio::ip::tcp::endpoint& peer) : descriptor_(descriptor), peer_(peer) {}
    newcomer(newcomer&& other) noexcept : descriptor_(std::exchange(other.descriptor_, -1)), peer_(other.peer_) {}
    newcomer& operator=(newcomer&&) = delete;
    ~newcomer();

    explicit operator bool() const noexcept { return descriptor_ >= 0; }
    const boost::asio::ip::tcp::endpoint& peer() const noexcept { return peer_; }

    int descriptor() const noexcept { return descriptor_; }
    /// Somebody else closes it.
    void release() noexcept { descriptor_ = -1; }

    /// Closes it with a reset: at once, and nothing of it stays in the kernel. FIN would leave a socket that waits, for
    /// a minute, for each of those who were sent away.
    void reset() noexcept;

  private:
    int descriptor_;
    boost::asio::ip::tcp::endpoint peer_;
};

/// Binds and listens; an empty host means every address, IPv6 and IPv4. Throws boost::system::system_error that names
/// the address.
void listen(tcp_acceptor& on, boost::asio::io_context& io, const address& where);

/// Takes over a socket that listens already. Throws std::invalid_argument where it is none, or not TCP; it is the
/// caller's still then.
void adopt(tcp_acceptor& on, int descriptor);

/// Whoever waits first; nobody, with the error, where none does (`would_block`) or the system refuses. No program that
/// we start inherits it.
newcomer accept_one(tcp_acceptor& from, boost::system::error_code& error);

/// Whether so few descriptors are left beyond this new one that the program should keep them, for its files and for
/// those who look after it. (Without any left, callers could not even be refused: they would wait unanswered.)
bool files_run_out(int descriptor) noexcept;

/// Closes our descriptor and nothing else: another process may go on listening on the same socket.
void close(tcp_acceptor& which) noexcept;

} // namespace audiosocket::detail
