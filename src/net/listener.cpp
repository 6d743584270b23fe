#include <audiosocket/net/listener.hpp>

#include "net/connection.hpp"
#include "net/door.hpp"
#include "net/handshake.hpp"
#include "net/listening.hpp"

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

// How long accepting may go on before the calls of this thread have their turns again, and how long it then waits: one
// tick of the turns. Whoever floods us with connections gets a sixth of the thread, some ten thousand of them a second,
// and puts off a frame by no more than this; the others wait in the kernel's queue.
constexpr std::chrono::microseconds accept_time{200};
constexpr std::chrono::milliseconds accept_rest = detail::turn_table::tick;

// Refusals are told at most this often.
constexpr std::chrono::seconds refusals_interval{1};

} // namespace

struct listener::impl : std::enable_shared_from_this<impl> {
    using state = detail::handshake::state;

    // A connection that has not said its id yet, in the order of deadlines. Shared with the wait for its bytes, which
    // may complete when it is settled already.
    struct guest;
    using guest_list = std::multimap<time_point, std::shared_ptr<guest>>;
    struct guest {
        detail::handshake line;
        host_key host;
        guest_list::iterator place;
        bool settled = false;
    };

    // Where calls live.
    struct home {
        asio::io_context* context;
        std::size_t calls = 0;
    };

    impl(asio::io_context& io, const listener_options& own_options, std::span<asio::io_context* const> contexts)
        : executor(io.get_executor()), accepting(executor), entrance(own_options), pause(executor), alarm(executor),
          telling(executor) {
        for (auto* c : contexts)
            homes.push_back({c});
    }

    void accept();
    void accept_waiting();
    void accept_later(std::chrono::nanoseconds wait);
    void greet(detail::newcomer peer);
    void count_refusal(const tcp::endpoint& peer, refusal why);
    void tell_refusals();
    void make_room();
    void hear(const std::shared_ptr<guest>& g);
    bool settle(guest& g, state now);
    void welcome(guest& g);
    void set_alarm();
    void send_away_late_ones();
    void deliver(bool now);
    void stop_accepting();
    void end_if_deserted(bool now);
    void close();

    // Calls that ended before anybody asked for them count as well.
    std::size_t taken() const noexcept { return std::max(counters.calls_up, ready.size()); }

    const detail::io_executor executor;
    std::vector<home> homes;
    detail::tcp_acceptor accepting;
    tcp::endpoint endpoint; // where it listens
    detail::door entrance;
    detail::io_timer pause;
    guest_list guests;
    detail::io_timer alarm; // for the first deadline of the guests, or earlier
    time_point alarm_at = time_point::max();
    std::deque<std::shared_ptr<detail::connection>> ready; // up, and not asked for yet
    detail::completion<call> waiter;
    listener_statistics counters;
    ended_early_handler ended_early;
    refused_handler refused;
    refusals untold;
    detail::io_timer telling; // when the next sum may be told
    bool told_lately = false;
};

void listener::impl::accept() {
    accepting.async_wait(tcp::socket::wait_read, [self = shared_from_this()](io_error) {
        if (self->accepting.is_open()) self->accept_waiting();
    });
}

// Those who wait in the kernel's queue, for as long as is our share.
void listener::impl::accept_waiting() {
    const auto until = clock::now() + accept_time;
    while (accepting.is_open()) { // whoever is told of something may close us
        io_error error;
        detail::newcomer next = detail::accept_one(accepting, error);
        if (error == asio::error::would_block) return accept();
        if (error) {
            ++counters.accept_errors;
            return accept_later(accept_pause);
        }
        greet(std::move(next));
        if (clock::now() >= until) return accept_later(accept_rest);
    }
}

void listener::impl::accept_later(std::chrono::nanoseconds wait) {
    pause.expires_after(wait);
    pause.async_wait([self = shared_from_this()](io_error) {
        if (self->accepting.is_open()) self->accept_waiting();
    });
}

// A new connection: refuse it, or wait for its id.
void listener::impl::greet(detail::newcomer peer) {
    ++counters.connections;
    auto why = entrance.refuses(peer.peer().address(), taken());
    if (!why && detail::files_run_out(peer.descriptor())) why = refusal::files;
    if (why) {
        peer.reset();
        return count_refusal(peer.peer(), *why);
    }
    make_room();
    if (!accepting.is_open()) return; // whoever was told of it has closed us
    io_error ignored;                 // a socket that refuses this has failed already, and the first read will say so
    detail::tcp_socket socket(executor);
    socket.assign(peer.peer().protocol(), peer.descriptor(), ignored);
    if (!socket.is_open()) { // the reactor has no room for it
        ++counters.accept_errors;
        return;
    }
    peer.release();
    socket.set_option(asio::socket_base::send_buffer_size(send_buffer_bytes), ignored);
    const auto host = host_key_of(peer.peer().address());
    const auto g = std::make_shared<guest>(
        guest{{std::move(socket), session(role::server, entrance.options().call, clock::now())}, host, guests.end()});
    g->place = guests.emplace(g->line.deadline(), g);
    entrance.enter(host);
    counters.handshakes = guests.size();
    set_alarm();
    hear(g);
}

// The oldest guests give way to a new one.
void listener::impl::make_room() {
    while (accepting.is_open() && guests.size() >= entrance.options().handshakes_max) {
        ++counters.evicted;
        const auto first = guests.begin()->second;
        first->line.drop(make_error_code(protocol_errc::id_timeout));
        settle(*first, state::over);
    }
}

void listener::impl::count_refusal(const tcp::endpoint& peer, refusal why) {
    ++counters.refused;
    if (untold.total() == 0) {
        untold.first_peer = peer;
        untold.first_reason = why;
    }
    switch (why) {
    case refusal::network: ++counters.refused_network, ++untold.network; break;
    case refusal::full: ++counters.refused_full, ++untold.full; break;
    case refusal::host: ++counters.refused_host, ++untold.host; break;
    case refusal::files: ++counters.refused_files, ++untold.files; break;
    }
    if (!told_lately) tell_refusals();
}

void listener::impl::tell_refusals() {
    const auto sum = std::exchange(untold, {});
    if (!refused) return;
    told_lately = true;
    telling.expires_after(refusals_interval);
    telling.async_wait([self = shared_from_this()](io_error error) {
        if (error) return;
        self->told_lately = false;
        if (self->untold.total() > 0) self->tell_refusals();
    });
    refused(sum);
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
        entrance.leave(g.host);
        ++counters.never_started;
        if (ended_early) ended_early(g.line.peer(), g.line.end());
        g.line.socket().close();
    }
    if (!accepting.is_open()) end_if_deserted(true);
    return true;
}

// The id has come: from now on the call lives where the fewest do.
void listener::impl::welcome(guest& g) {
    if (taken() >= entrance.options().calls_max) { // others who connected together with it have said their ids first
        entrance.leave(g.host);
        g.line.reset();
        return count_refusal(g.line.peer(), refusal::full);
    }
    home& here = *std::ranges::min_element(homes, {}, &home::calls);
    const auto fresh = std::make_shared<detail::connection>(*here.context, g.line.take_stream(), g.line.take_session(),
                                                            entrance.options().call);
    ++here.calls;
    ++counters.calls;
    ++counters.calls_up;
    fresh->on_closed([self = shared_from_this(), &here, host = g.host] {
        asio::dispatch(self->executor, [self, &here, host] {
            self->entrance.leave(host);
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
        call next = ready.front()->as_call();
        ready.pop_front();
        waiter.complete({}, std::move(next), now);
    } else if (!accepting.is_open() && guests.empty()) {
        waiter.complete(asio::error::operation_aborted, {}, now);
    }
}

void listener::impl::stop_accepting() {
    detail::close(accepting);
    pause.cancel();
    if (untold.total() > 0) tell_refusals();
    telling.cancel();
    end_if_deserted(false);
}

// Nobody comes any more; so there is nothing to wait for, and the io_context may run out of work.
void listener::impl::end_if_deserted(bool now) {
    if (!guests.empty()) return;
    alarm.cancel();
    alarm_at = time_point::max();
    deliver(now);
}

void listener::impl::close() {
    stop_accepting();
    while (!guests.empty()) {
        const auto g = guests.begin()->second;
        g->line.drop(asio::error::operation_aborted);
        settle(*g, state::over);
    }
    for (; !ready.empty(); ready.pop_front())
        ready.front()->as_call().hang_up();
    deliver(false);
}

listener::listener(asio::io_context& io, const address& where, const listener_options& options)
    : listener(io, where, options, std::array{&io}) {}

listener::listener(asio::io_context& io, const address& where, const listener_options& options,
                   std::span<asio::io_context* const> homes)
    : impl_(std::make_shared<impl>(io, options, homes)) {
    detail::listen(impl_->accepting, io, where);
    begin(options);
}

listener::listener(asio::io_context& io, listening_socket inherited, const listener_options& options,
                   std::span<asio::io_context* const> homes)
    : impl_(std::make_shared<impl>(io, options, homes)) {
    detail::adopt(impl_->accepting, inherited.descriptor);
    try {
        begin(options);
    } catch (...) {
        io_error ignored;
        impl_->accepting.release(ignored);
        throw;
    }
}

void listener::begin(const listener_options& options) {
    detail::validate(options);
    if (impl_->homes.empty()) throw std::invalid_argument("listener: calls have to live somewhere");
    impl_->endpoint = impl_->accepting.local_endpoint();
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

void listener::stop_accepting() {
    asio::dispatch(impl_->executor, [self = impl_] { self->stop_accepting(); });
}

listening_socket listener::socket() const noexcept {
    return {impl_->accepting.is_open() ? impl_->accepting.native_handle() : -1};
}

void listener::set_options(const listener_options& options) {
    detail::validate(options);
    asio::dispatch(impl_->executor,
                   [self = impl_, o = options]() mutable { self->entrance.set_options(std::move(o)); });
}

void listener::on_refused(refused_handler handler) {
    asio::dispatch(impl_->executor, [self = impl_, h = std::move(handler)]() mutable { self->refused = std::move(h); });
}

void listener::on_ended_early(ended_early_handler handler) {
    asio::dispatch(impl_->executor,
                   [self = impl_, h = std::move(handler)]() mutable { self->ended_early = std::move(h); });
}

const listener_statistics& listener::statistics() const noexcept {
    return impl_->counters;
}

} // namespace audiosocket
