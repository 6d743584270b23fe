#include "net/listening.hpp"

#include <boost/asio/ip/v6_only.hpp>

#include <fcntl.h>
#include <netinet/in.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <stdexcept>

namespace audiosocket::detail {
namespace {

namespace asio = boost::asio;
using asio::ip::tcp;
using io_error = boost::system::error_code;

tcp::endpoint resolve_local(asio::io_context& io, const address& where) {
    if (where.host.empty()) {
        io_error no_ipv6; // there are kernels without it
        tcp::socket(io).open(tcp::v6(), no_ipv6);
        return {no_ipv6 ? tcp::v4() : tcp::v6(), where.port};
    }
    tcp::resolver resolver(io);
    return resolver.resolve(where.host, std::to_string(where.port), tcp::resolver::passive)->endpoint();
}

// A number that the system tells of a socket; -1 where it is none.
int option(int descriptor, int name) noexcept {
    int value = 0;
    socklen_t size = sizeof value;
    return getsockopt(descriptor, SOL_SOCKET, name, &value, &size) == 0 ? value : -1;
}

void keep_to_ourselves(int descriptor) noexcept {
    fcntl(descriptor, F_SETFD, FD_CLOEXEC);
}

} // namespace

newcomer::~newcomer() {
    if (descriptor_ >= 0) ::close(descriptor_);
}

void newcomer::reset() noexcept {
    const linger now{1, 0};
    setsockopt(descriptor_, SOL_SOCKET, SO_LINGER, &now, sizeof now);
    ::close(std::exchange(descriptor_, -1));
}

void listen(tcp_acceptor& on, asio::io_context& io, const address& where) {
    try {
        const auto endpoint = resolve_local(io, where);
        on.open(endpoint.protocol());
        keep_to_ourselves(on.native_handle());
        on.set_option(asio::socket_base::reuse_address(true));
        if (where.host.empty() && endpoint.protocol() == tcp::v6()) on.set_option(asio::ip::v6_only(false));
        on.bind(endpoint);
        on.listen();
        on.native_non_blocking(true);
    } catch (const boost::system::system_error& e) {
        const io_error without_place(e.code().value(), e.code().category()); // of Boost's code, which is no news
        throw boost::system::system_error(without_place, "cannot listen on " + to_string(where));
    }
}

void adopt(tcp_acceptor& on, int descriptor) {
    const int family = option(descriptor, SO_DOMAIN);
    if ((family != AF_INET && family != AF_INET6) || option(descriptor, SO_PROTOCOL) != IPPROTO_TCP ||
        option(descriptor, SO_ACCEPTCONN) != 1)
        throw std::invalid_argument("descriptor " + std::to_string(descriptor) + " is no listening TCP socket");
    keep_to_ourselves(descriptor);
    on.assign(family == AF_INET ? tcp::v4() : tcp::v6(), descriptor);
    on.native_non_blocking(true);
}

newcomer accept_one(tcp_acceptor& from, io_error& error) {
    for (;;) {
        tcp::endpoint peer;
        socklen_t size = static_cast<socklen_t>(peer.capacity());
        const int descriptor = ::accept4(from.native_handle(), peer.data(), &size, SOCK_NONBLOCK | SOCK_CLOEXEC);
        if (descriptor >= 0) {
            peer.resize(size);
            error = {};
            return {descriptor, peer};
        }
        // It was gone before we came to it: an error of the connection and not of ours.
        if (errno == EINTR || errno == ECONNABORTED || errno == EPROTO) continue;
        error =
            errno == EAGAIN ? io_error(asio::error::would_block) : io_error(errno, boost::system::system_category());
        return {-1, peer};
    }
}

bool files_run_out(int descriptor) noexcept {
    constexpr rlim_t kept = 64; // an admin address uses up to 40
    rlimit limit{};             // asked for each time, for somebody may change it; it is a tenth of what accept costs
    if (getrlimit(RLIMIT_NOFILE, &limit) != 0) return false;
    return static_cast<rlim_t>(descriptor) >= limit.rlim_cur - std::min(kept, limit.rlim_cur / 4);
}

void close(tcp_acceptor& which) noexcept {
    if (!which.is_open()) return;
    io_error ignored;
    // Asio lets epoll find out by itself that a socket was closed; it does not where another process has the socket
    // too.
    ::close(which.release(ignored));
}

} // namespace audiosocket::detail
