// SPDX-License-Identifier: Apache-2.0
#include "daemon/agent_check.hpp"

#include <boost/asio/buffer.hpp>
#include <boost/asio/steady_timer.hpp>

#include <array>
#include <list>
#include <utility>

// After the answer a connection reads until its peer closes, because closing a socket with unread data would discard
// the answer. One timer serves all connections: their deadlines are in the order of the list.

namespace audiosocket::app {

namespace asio = boost::asio;
using asio::ip::tcp;

namespace {

listening_socket listen(const address& where, std::optional<listening_socket> inherited) {
    if (inherited) return std::move(*inherited);
    try {
        return listening_socket::listen(where);
    } catch (const boost::system::system_error& e) {
        throw boost::system::system_error(e.code(), "cannot listen on " + to_string(where) + " (--agent-check)");
    }
}

} // namespace

struct agent_check::impl : std::enable_shared_from_this<impl> {
    struct connection {
        explicit connection(tcp::socket own) : socket(std::move(own)) {}
        tcp::socket socket;
        std::array<char, 256> ignored{};
        std::chrono::steady_clock::time_point until = std::chrono::steady_clock::now() + patience;
    };
    using connections = std::list<std::shared_ptr<connection>>;

    impl(asio::io_context& io, listening_socket socket, answerer own_answer)
        : answer(std::move(own_answer)), accepting(io), pause(io), timer(io) {
        const auto protocol = socket.local_endpoint().protocol();
        accepting.assign(protocol, socket.release().release());
        endpoint = accepting.local_endpoint();
    }

    void accept() {
        accepting.async_accept([self = shared_from_this()](auto error, tcp::socket next) {
            if (!self->accepting.is_open()) return;
            if (!error) self->respond(std::move(next));
            self->pause.expires_after(accept_interval);
            self->pause.async_wait([self](auto) {
                if (self->accepting.is_open()) self->accept();
            });
        });
    }

    void respond(tcp::socket next) {
        const std::string line = answer();
        boost::system::error_code failed; // the peer may have closed already
        next.non_blocking(true, failed);
        next.write_some(asio::buffer(line), failed); // an empty send buffer takes the line at once
        if (!failed) next.shutdown(tcp::socket::shutdown_send, failed);
        if (failed) return;
        if (open.size() == connections_max) close(open.begin());
        open.push_back(std::make_shared<connection>(std::move(next)));
        read(open.back());
        if (open.size() == 1) close_late_ones();
    }

    // The handler shares the connection, because that has the buffer.
    void read(const std::shared_ptr<connection>& c) {
        c->socket.async_read_some(asio::buffer(c->ignored), [self = shared_from_this(), c](auto error, std::size_t) {
            if (error)
                self->open.remove(c);
            else if (c->socket.is_open())
                self->read(c);
        });
    }

    void close_late_ones() {
        while (!open.empty() && open.front()->until <= std::chrono::steady_clock::now())
            close(open.begin());
        if (open.empty()) return;
        timer.expires_at(open.front()->until);
        timer.async_wait([self = shared_from_this()](auto error) {
            if (!error) self->close_late_ones();
        });
    }

    void close(connections::iterator which) {
        boost::system::error_code ignored;
        (*which)->socket.close(ignored);
        open.erase(which);
    }

    // Releases the descriptor before it is closed: Asio relies on epoll to notice that a descriptor was closed, and
    // epoll does not notice it while another process has the same socket.
    void stop() {
        boost::system::error_code ignored;
        if (accepting.is_open()) file_descriptor(accepting.release(ignored)).close();
        pause.cancel();
        timer.cancel();
        while (!open.empty())
            close(open.begin());
    }

    const answerer answer;
    tcp::acceptor accepting;
    tcp::endpoint endpoint;
    asio::steady_timer pause; // after each connection
    asio::steady_timer timer; // for the first deadline
    connections open;
};

agent_check::agent_check(asio::io_context& io, const address& where, std::optional<listening_socket> inherited,
                         answerer answer)
    : impl_(std::make_shared<impl>(io, listen(where, std::move(inherited)), std::move(answer))) {
    impl_->accept();
}

agent_check::~agent_check() {
    impl_->stop();
}

tcp::endpoint agent_check::local_endpoint() const {
    return impl_->endpoint;
}

int agent_check::descriptor() const {
    return impl_->accepting.native_handle();
}

void agent_check::stop() {
    impl_->stop();
}

} // namespace audiosocket::app
