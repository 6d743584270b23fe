// SPDX-License-Identifier: Apache-2.0
#include <audiosocket/net/listening_socket.hpp>

#include <audiosocket/net/error.hpp>

#include <boost/asio/io_context.hpp>

#include <fcntl.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <cerrno>
#include <stdexcept>
#include <string>

namespace audiosocket {
namespace {

namespace asio = boost::asio;
using asio::ip::tcp;

file_descriptor open_socket(int family) noexcept {
    return file_descriptor(::socket(family, SOCK_STREAM | SOCK_CLOEXEC, IPPROTO_TCP));
}

void require(bool succeeded) {
    if (!succeeded) throw boost::system::system_error(errno, boost::system::system_category());
}

void set(const file_descriptor& socket, int level, int name, int value) {
    require(::setsockopt(socket.get(), level, name, &value, sizeof value) == 0);
}

// Returns the value of a socket option, or -1 if the descriptor is not a socket.
int option(const file_descriptor& socket, int name) noexcept {
    int value = 0;
    socklen_t size = sizeof value;
    return ::getsockopt(socket.get(), SOL_SOCKET, name, &value, &size) == 0 ? value : -1;
}

tcp::endpoint resolve_local(const address& where) {
    if (where.host.empty()) return {open_socket(AF_INET6) ? tcp::v6() : tcp::v4(), where.port}; // IPv6 may be missing
    asio::io_context io;
    tcp::resolver resolver(io);
    return resolver.resolve(where.host, std::to_string(where.port), tcp::resolver::passive)->endpoint();
}

file_descriptor listen_on(const tcp::endpoint& here, bool every_address) {
    file_descriptor socket = open_socket(here.protocol().family());
    require(static_cast<bool>(socket));
    set(socket, SOL_SOCKET, SO_REUSEADDR, 1); // connections that just ended must not block a restart
    if (every_address && here.protocol() == tcp::v6()) set(socket, IPPROTO_IPV6, IPV6_V6ONLY, 0);
    require(::bind(socket.get(), here.data(), static_cast<socklen_t>(here.size())) == 0);
    require(::listen(socket.get(), SOMAXCONN) == 0);
    return socket;
}

} // namespace

listening_socket listening_socket::listen(const address& where) {
    try {
        return listening_socket(listen_on(resolve_local(where), where.host.empty()));
    } catch (const boost::system::system_error& e) {
        const io_error without_place(e.code().value(), e.code().category()); // the place is in Boost's own code
        throw boost::system::system_error(without_place, "cannot listen on " + to_string(where));
    }
}

listening_socket listening_socket::adopt(file_descriptor listening) {
    const int family = option(listening, SO_DOMAIN);
    if ((family != AF_INET && family != AF_INET6) || option(listening, SO_PROTOCOL) != IPPROTO_TCP ||
        option(listening, SO_ACCEPTCONN) != 1)
        throw std::invalid_argument("descriptor " + std::to_string(listening.get()) + " is not a listening TCP socket");
    ::fcntl(listening.get(), F_SETFD, FD_CLOEXEC);
    return listening_socket(std::move(listening));
}

tcp::endpoint listening_socket::local_endpoint() const {
    tcp::endpoint here;
    auto size = static_cast<socklen_t>(here.capacity());
    require(::getsockname(socket_.get(), here.data(), &size) == 0);
    here.resize(size);
    return here;
}

} // namespace audiosocket
