// SPDX-License-Identifier: Apache-2.0
#include "net/acceptor.hpp"

#include "net/turn_table.hpp"

#include <sys/socket.h>

#include <cerrno>

namespace audiosocket::detail {
namespace {

namespace asio = boost::asio;
using asio::ip::tcp;

// How long to wait if the system has no descriptor or memory for another connection. Trying again at once would only
// waste processor time. New connections wait in the kernel's queue meanwhile.
constexpr std::chrono::milliseconds error_pause{100};

// How long a batch may take before the calls of this thread have their turns, and how long the acceptor then waits: one
// tick of the turns. So a flood of connections gets a sixth of the thread, about ten thousand connections a second. It
// delays a frame by at most one batch. Other connections wait in the kernel's queue.
constexpr std::chrono::microseconds batch_time{200};
constexpr std::chrono::milliseconds batch_pause = turn_table::tick;

} // namespace

acceptor::acceptor(asio::io_context& io, listening_socket socket, owner& whose)
    : owner_(whose), socket_(std::move(socket)), reactor_(io.get_executor()), pause_(io.get_executor()),
      again_(io.get_executor()) {
    const auto protocol = socket_.local_endpoint().protocol();
    reactor_.assign(protocol, socket_.descriptor());
    io_error error;
    reactor_.native_non_blocking(true, error);
    if (!error) return;
    close();
    throw boost::system::system_error(error);
}

void acceptor::start() {
    reactor_.async_wait(tcp::socket::wait_read, [this, keep = owner_.keep_alive()](io_error) {
        if (is_open()) accept_batch();
    });
}

// If the owner throws or there is no memory, the connection is closed, and accepting continues.
void acceptor::accept_batch() try {
    const auto until = clock::now() + batch_time;
    while (is_open()) { // the owner may close the acceptor
        io_error error;
        accepted_socket next = accept_one(socket_, error);
        if (error == asio::error::would_block) return start();
        if (error) {
            owner_.accept_failed();
            return continue_after(error_pause);
        }
        owner_.accepted(std::move(next));
        if (clock::now() >= until) return continue_after(batch_pause);
    }
} catch (...) {
    if (is_open())
        again_.after(error_pause, [this, keep = owner_.keep_alive()] {
            if (is_open()) accept_batch();
        });
    throw;
}

void acceptor::continue_after(std::chrono::nanoseconds wait) {
    pause_.expires_after(wait);
    pause_.async_wait([this, keep = owner_.keep_alive()](io_error) {
        if (is_open()) accept_batch();
    });
}

void acceptor::close() noexcept {
    pause_.cancel();
    again_.hurry();
    io_error ignored;
    // Release it first: Asio relies on epoll to notice that a descriptor was closed, and epoll does not notice it while
    // another process has the same socket.
    if (reactor_.is_open()) reactor_.release(ignored);
    socket_.close();
}

accepted_socket accept_one(const listening_socket& from, io_error& error) {
    for (;;) {
        tcp::endpoint peer;
        auto size = static_cast<socklen_t>(peer.capacity());
        file_descriptor next(::accept4(from.descriptor(), peer.data(), &size, SOCK_NONBLOCK | SOCK_CLOEXEC));
        if (next) {
            peer.resize(size);
            error = {};
            return {std::move(next), peer};
        }
        // The peer has closed already: an error of that connection, not of the listening socket.
        if (errno == EINTR || errno == ECONNABORTED || errno == EPROTO) continue;
        error =
            errno == EAGAIN ? io_error(asio::error::would_block) : io_error(errno, boost::system::system_category());
        return {file_descriptor(), peer};
    }
}

} // namespace audiosocket::detail
