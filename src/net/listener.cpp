#include <audiosocket/net/listener.hpp>

#include "net/connection.hpp"
#include "net/handshake.hpp"

#include <boost/asio/basic_socket_acceptor.hpp>
#include <boost/asio/ip/v6_only.hpp>

#include <algorithm>
#include <array>
#include <deque>
#include <map>
#include <stdexcept>
#include <vector>

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
    using state = detail::handshake::state;

    // A connection that has not said its id yet, in the order of deadlines. Shared with the wait for its bytes, which
    // may complete when it is settled already.
    struct guest;
    using guest_list = std::multimap<time_point, std::shared_ptr<guest>>;
    struct guest {
        detail::handshake line;
        guest_list::iterator place;
        bool settled = false;
    };

    // Where calls live.
    struct home {
        asio::io_context* context;
        std::size_t calls = 0;
    };

    impl(asio::io_context& io, const listener_options& own_options, std::span<asio::io_context* const> contexts)
        : options(own_options), executor(io.get_executor()), accepting(executor), pause(executor), alarm(executor) {
        for (auto* c : contexts)
            homes.push_back({c});
    }

    void listen(asio::io_context& io, const address& where);
    void accept();
    void greet(detail::tcp_socket socket);
    void hear(const std::shared_ptr<guest>& g);
    bool settle(guest& g, state now);
    void welcome(guest& g);
    void set_alarm();
    void send_away_late_ones();
    void deliver(bool now);
    void close();

    // Calls that ended before anybody asked for them count as well.
    bool full() const noexcept { return std::max(counters.calls_up, ready.size()) >= options.calls_max; }

    const listener_options options;
    const detail::io_executor executor;
    std::vector<home> homes;
    acceptor accepting;
    tcp::endpoint endpoint; // where it listens
    detail::io_timer pause;
    guest_list guests;
    detail::io_timer alarm; // for the first deadline of the guests, or earlier
    time_point alarm_at = time_point::max();
    std::deque<std::shared_ptr<detail::connection>> ready; // up, and not asked for yet
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
    if (guests.size() >= options.handshakes_max) {
        ++counters.evicted;
        guest& first = *guests.begin()->second;
        first.line.drop(make_error_code(protocol_errc::id_timeout));
        settle(first, state::over);
        if (!accepting.is_open()) return; // whoever was told of it has closed us
    }
    io_error ignored; // a socket that refuses this has failed already, and the first read will say so
    socket.set_option(asio::socket_base::send_buffer_size(send_buffer_bytes), ignored);
    const auto g = std::make_shared<guest>(
        guest{{std::move(socket), session(role::server, options.call, clock::now())}, guests.end()});
    g->place = guests.emplace(g->line.deadline(), g);
    counters.handshakes = guests.size();
    set_alarm();
    hear(g);
}

void listener::impl::hear(const std::shared_ptr<guest>& g) {
    g->line.socket().async_wait(tcp::socket::wait_read, [self = shared_from_this(), g](io_error) {
        if (!g->settled && !self->settle(*g, g->line.read())) self->hear(g);
    });
}

// Something has happened to a guest. Returns whether it is none any more: its id has come, or it has gone.
bool listener::impl::settle(guest& g, state now) {
    if (now == state::waiting) {
        if (g.line.deadline() != g.place->first) {
            auto node = guests.extract(g.place);
            node.key() = g.line.deadline();
            g.place = guests.insert(std::move(node));
            set_alarm();
        }
        return false;
    }
    g.settled = true;
    const auto keep = std::move(g.place->second);
    guests.erase(g.place);
    counters.handshakes = guests.size();
    if (now == state::up) {
        welcome(g);
    } else {
        ++counters.never_started;
        if (ended_early) ended_early(g.line.peer(), g.line.end());
        g.line.socket().close();
    }
    return true;
}

// The id has come: from now on the call lives where the fewest do.
void listener::impl::welcome(guest& g) {
    const bool too_many = full(); // others who connected together with it have said their ids first
    home& here = *std::ranges::min_element(homes, {}, &home::calls);
    const auto fresh =
        std::make_shared<detail::connection>(*here.context, g.line.take_stream(), g.line.take_session(), options.call);
    if (too_many) {
        ++counters.refused;
        fresh->start();
        call(fresh).hang_up();
        return;
    }
    ++here.calls;
    ++counters.calls;
    ++counters.calls_up;
    fresh->on_closed([self = shared_from_this(), &here] {
        asio::dispatch(self->executor, [self, &here] {
            --here.calls;
            --self->counters.calls_up;
        });
    });
    fresh->start();
    ready.emplace_back(fresh);
    deliver(true);
}

// One alarm for all guests: it rings no later than the first deadline.
void listener::impl::set_alarm() {
    if (guests.empty() || guests.begin()->first >= alarm_at) return;
    alarm_at = guests.begin()->first;
    alarm.expires_at(alarm_at);
    alarm.async_wait([self = shared_from_this()](io_error error) {
        if (!error) self->send_away_late_ones();
    });
}

void listener::impl::send_away_late_ones() {
    alarm_at = time_point::max();
    const auto now = clock::now();
    while (!guests.empty() && guests.begin()->first <= now) {
        const auto g = guests.begin()->second;
        settle(*g, g->line.advance(now));
    }
    set_alarm();
}

void listener::impl::deliver(bool now) {
    if (!waiter) return;
    if (!ready.empty()) {
        call next(std::move(ready.front()));
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
    alarm.cancel();
    alarm_at = time_point::max();
    while (!guests.empty()) {
        const auto g = guests.begin()->second;
        g->line.drop(asio::error::operation_aborted);
        settle(*g, state::over);
    }
    for (; !ready.empty(); ready.pop_front())
        call(std::move(ready.front())).hang_up();
    deliver(false);
}

listener::listener(asio::io_context& io, const address& where, const listener_options& options)
    : listener(io, where, options, std::array{&io}) {}

listener::listener(asio::io_context& io, const address& where, const listener_options& options,
                   std::span<asio::io_context* const> homes)
    : impl_(std::make_shared<impl>(io, options, homes)) {
    validate(options.call);
    if (options.calls_max < 1 || options.handshakes_max < 1)
        throw std::invalid_argument("listener_options: calls_max and handshakes_max have to be at least 1");
    if (homes.empty()) throw std::invalid_argument("listener: calls have to live somewhere");
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
