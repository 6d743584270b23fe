#include <audiosocket/net/listener.hpp>

#include "net/connection.hpp"

#include <boost/asio/basic_socket_acceptor.hpp>
#include <boost/asio/ip/v6_only.hpp>

#include <algorithm>
#include <deque>
#include <list>
#include <stdexcept>

namespace audiosocket {
namespace {

namespace asio = boost::asio;
using asio::ip::tcp;
using io_error = boost::system::error_code;

// How long to wait when the system has no descriptor or memory for another connection. Trying again at once would
// only burn the processor; those who connect wait in the kernel's queue meanwhile.
constexpr std::chrono::milliseconds accept_pause{100};

// What the kernel may hold for a caller that reads slowly: a second of 8 kHz audio, four frames at 192 kHz. More would
// only be heard later than it should.
constexpr int send_buffer_bytes = 32 * 1024;

tcp::endpoint resolve_local(asio::io_context& io, const address& where) {
    if (where.host.empty()) {
        io_error no_ipv6; // there are kernels without it
        tcp::socket(io).open(tcp::v6(), no_ipv6);
        return {no_ipv6 ? tcp::v4() : tcp::v6(), where.port};
    }
    tcp::resolver resolver(io);
    return resolver.resolve(where.host, std::to_string(where.port), tcp::resolver::passive)->endpoint();
}

} // namespace

struct listener::impl : std::enable_shared_from_this<impl> {
    using acceptor = asio::basic_socket_acceptor<tcp, detail::io_executor>;
    using connections = std::list<std::shared_ptr<detail::connection>>;

    impl(asio::io_context& io, const listener_options& own_options)
        : options(own_options), executor(io.get_executor()), accepting(executor), pause(executor) {}

    void listen(asio::io_context& io, const address& where);
    void accept();
    void greet(detail::tcp_socket socket);
    void settle(connections::iterator which, bool up);
    void deliver(bool now);
    void close();

    // Calls that ended before anybody asked for them count as well.
    bool full() const noexcept { return std::max(counters.calls_up, ready.size()) >= options.calls_max; }

    const listener_options options;
    const detail::io_executor executor;
    acceptor accepting;
    tcp::endpoint endpoint; // where it listens
    detail::io_timer pause;
    connections handshakes; // oldest first
    std::deque<call> ready; // up, and not asked for yet
    detail::completion<call> waiter;
    listener_statistics counters;
    ended_early_handler ended_early;
};

void listener::impl::listen(asio::io_context& io, const address& where) {
    try {
        endpoint = resolve_local(io, where);
        accepting.open(endpoint.protocol());
        accepting.set_option(asio::socket_base::reuse_address(true));
        if (where.host.empty() && endpoint.protocol() == tcp::v6()) accepting.set_option(asio::ip::v6_only(false));
        accepting.bind(endpoint);
        accepting.listen();
        endpoint = accepting.local_endpoint();
    } catch (const boost::system::system_error& e) {
        throw boost::system::system_error(e.code(), "cannot listen on " + to_string(where));
    }
}

void listener::impl::accept() {
    accepting.async_accept([self = shared_from_this()](io_error error, detail::tcp_socket socket) {
        if (!self->accepting.is_open()) return;
        if (!error) {
            self->accept();
            return self->greet(std::move(socket));
        }
        if (error == asio::error::connection_aborted) return self->accept(); // it was gone before we came to it
        ++self->counters.accept_errors;
        self->pause.expires_after(accept_pause);
        self->pause.async_wait([self](io_error) {
            if (self->accepting.is_open()) self->accept();
        });
    });
}

// A new connection: refuse it, or wait for its id.
void listener::impl::greet(detail::tcp_socket socket) {
    ++counters.connections;
    if (full()) {
        ++counters.refused;
        return; // the socket closes as it goes
    }
    if (handshakes.size() >= options.handshakes_max) {
        ++counters.evicted;
        handshakes.front()->drop(make_error_code(protocol_errc::id_timeout));
    }
    io_error ignored; // a socket that refuses this has failed already, and the first read will say so
    socket.set_option(asio::socket_base::send_buffer_size(send_buffer_bytes), ignored);
    auto fresh = std::make_shared<detail::connection>(std::move(socket),
                                                      session(role::server, options.call, clock::now()), options.call);
    const auto place = handshakes.insert(handshakes.end(), fresh);
    counters.handshakes = handshakes.size();
    fresh->start([self = shared_from_this(), place](bool up) { self->settle(place, up); });
}

// The id has come, or the connection has ended without one.
void listener::impl::settle(connections::iterator which, bool up) {
    const auto connection = std::move(*which);
    handshakes.erase(which);
    counters.handshakes = handshakes.size();
    if (!up) {
        ++counters.never_started;
        if (ended_early) ended_early(connection->peer(), connection->end());
        return;
    }
    if (full()) { // others who connected together with it have said their ids first
        ++counters.refused;
        call(connection).hang_up();
        return;
    }
    ++counters.calls;
    ++counters.calls_up;
    connection->on_closed([self = shared_from_this()] { --self->counters.calls_up; });
    ready.emplace_back(connection);
    deliver(true);
}

void listener::impl::deliver(bool now) {
    if (!waiter) return;
    if (!ready.empty()) {
        call next = std::move(ready.front());
        ready.pop_front();
        waiter.complete({}, std::move(next), now);
    } else if (!accepting.is_open()) {
        waiter.complete(asio::error::operation_aborted, {}, now);
    }
}

void listener::impl::close() {
    io_error ignored;
    accepting.close(ignored);
    pause.cancel();
    while (!handshakes.empty())
        handshakes.front()->drop(asio::error::operation_aborted);
    ready.clear();
    deliver(false);
}

listener::listener(asio::io_context& io, const address& where, const listener_options& options)
    : impl_(std::make_shared<impl>(io, options)) {
    validate(options.call);
    if (options.calls_max < 1 || options.handshakes_max < 1)
        throw std::invalid_argument("listener_options: calls_max and handshakes_max have to be at least 1");
    impl_->listen(io, where);
    impl_->accept();
}

listener::listener(listener&&) noexcept = default;

listener& listener::operator=(listener&& other) noexcept {
    if (impl_ && impl_ != other.impl_) close();
    impl_ = std::move(other.impl_);
    return *this;
}

listener::~listener() {
    if (impl_) close();
}

tcp::endpoint listener::local_endpoint() const {
    return impl_->endpoint;
}

asio::io_context::executor_type listener::executor() const noexcept {
    return impl_->executor;
}

void listener::start_wait(detail::completion<call> waiter) {
    asio::dispatch(impl_->executor, [self = impl_, w = std::move(waiter)]() mutable {
        if (self->waiter) return w.complete(asio::error::in_progress, {}, false);
        self->waiter = std::move(w);
        self->deliver(false);
    });
}

void listener::cancel(const std::weak_ptr<impl>& waiting) {
    const auto self = waiting.lock();
    if (!self) return;
    asio::dispatch(self->executor, [self] {
        if (self->waiter) self->waiter.complete(asio::error::operation_aborted, {}, false);
    });
}

void listener::close() {
    asio::dispatch(impl_->executor, [self = impl_] { self->close(); });
}

void listener::on_ended_early(ended_early_handler handler) {
    asio::dispatch(impl_->executor,
                   [self = impl_, h = std::move(handler)]() mutable { self->ended_early = std::move(h); });
}

const listener_statistics& listener::statistics() const noexcept {
    return impl_->counters;
}

} // namespace audiosocket
