// SPDX-License-Identifier: Apache-2.0
#include "net/listener_impl.hpp"

#include <audiosocket/net/detail/reserved_memory.hpp>
#include <audiosocket/net/detail/unless_memory_is_out.hpp>

#include <algorithm>

namespace audiosocket {
namespace {

namespace asio = boost::asio;
using asio::ip::tcp;

// How much the kernel may hold for a peer that reads slowly: a second of 8 kHz audio, four frames at 192 kHz. More
// would only be heard too late.
constexpr int send_buffer_bytes = 32 * 1024;

// How soon to try again what found no memory.
constexpr std::chrono::milliseconds try_again{1};

// For which host a connection from a proxy counts, until the proxy has named the peer: for none that can connect.
constexpr host_key no_host{};

} // namespace

// Called for a new connection: refuses it, or waits for its id.
void listener::impl::accepted(detail::accepted_socket peer) {
    ++counters.connections;
    const bool behind_proxy = admitted.is_proxy(peer.peer().address());
    auto why = behind_proxy ? admitted.refuses_proxy(taken()) : admitted.refuses(peer.peer().address(), taken());
    // Read each time because the limit may change; this costs a tenth of what accept costs.
    if (!why && admitted.files_run_out(peer.descriptor(), detail::open_files_max())) why = refusal::files;
    if (why) {
        peer.reset();
        return refuse(peer.peer(), *why);
    }
    make_room();
    if (!accepting.is_open()) return; // a handler of the application has closed the listener
    try {
        admit(std::move(peer), behind_proxy);
    } catch (const std::bad_alloc&) { // it is closed
        ++counters.accept_errors;
        throw;
    }
}

void listener::impl::admit(detail::accepted_socket peer, bool behind_proxy) {
    io_error ignored; // a socket that refuses this has failed already, and the first read reports it
    detail::tcp_socket socket(executor);
    socket.assign(peer.peer().protocol(), peer.descriptor(), ignored);
    if (!socket.is_open()) { // the reactor has no room for the socket
        ++counters.accept_errors;
        return;
    }
    static_cast<void>(peer.release()); // `socket` owns it
    socket.set_option(asio::socket_base::send_buffer_size(send_buffer_bytes), ignored);
    const auto from = host_key_of(peer.peer().address());
    const auto counted = behind_proxy ? no_host : from;
    admitted.enter(counted);
    detail::admission::place place(admitted, counted);
    session rules(role::server, admitted.options().call, clock::now());
    pending.add({{std::move(socket), std::move(rules), behind_proxy}, counted}, from);
    place.keep();
    counters.handshakes = pending.size();
}

// Closes pending connections for a new one, beginning with the host that has the most. Otherwise a host that connects
// often could end every connection whose id takes longer to arrive than new connections do.
void listener::impl::make_room() {
    while (accepting.is_open() && pending.size() >= admitted.options().handshakes_max) {
        ++counters.evicted;
        pending.evict(make_error_code(protocol_errc::id_timeout));
    }
}

void listener::impl::refuse(const tcp::endpoint& peer, refusal why, std::string detail) {
    refused_lately.add(peer, why, std::move(detail));
    const auto now = clock::now();
    if (refused_lately.due() <= now) return report_refusals(now);
    if (report_scheduled) return;
    report_timer.expires_at(refused_lately.due());
    report_timer.async_wait([self = shared_from_this()](io_error error) {
        self->report_scheduled = false;
        if (!error && self->refused_lately.due() != time_point::max()) self->report_refusals(clock::now());
    });
    report_scheduled = true;
}

void listener::impl::report_refusals(time_point now) {
    const auto summary = refused_lately.take(now);
    if (refused) refused(summary);
}

// Judges the peer that a proxy has named as accepted() judges others.
bool listener::impl::named(detail::pending_connection& c) {
    const auto peer = c.line.peer().address();
    if (const auto why = admitted.refuses(peer, taken())) {
        c.refused = *why;
        return false;
    }
    const auto host = host_key_of(peer);
    admitted.enter(host);
    admitted.leave(std::exchange(c.host, host));
    return true;
}

void listener::impl::settled(detail::pending_connection& c, detail::handshake::state now) try {
    counters.handshakes = pending.size();
    if (now == detail::handshake::state::up) {
        const auto before = counters.calls;
        try {
            start_call(c);
        } catch (const std::bad_alloc&) {
            if (counters.calls == before) ++counters.never_started;
            throw;
        }
    } else if (now == detail::handshake::state::refused) {
        admitted.leave(c.host);
        c.line.reset();
        refuse(c.line.peer(), c.refused, c.line.header_mistake());
    } else {
        admitted.leave(c.host);
        ++counters.never_started;
        if (ended_early) ended_early(c.line.peer(), c.line.end(), c.line.first_bytes());
        c.line.socket().close();
    }
    if (!accepting.is_open()) stop_if_idle(true);
} catch (...) {
    if (!accepting.is_open()) stop_if_idle(true);
    throw;
}

// Lets options_for choose the options of a call. Returns its session, or nothing if the call was refused.
std::optional<session> listener::impl::choose_rules(detail::pending_connection& c, call_options& rules) {
    const auto& choose = admitted.options().options_for;
    if (!choose) return c.line.take_session();
    std::string why;
    try {
        rules = choose(c.line.id(), c.line.peer());
        return c.line.session_with(rules);
    } catch (const std::exception& e) {
        why = e.what();
    } catch (...) {
        why = "options_for threw something that is not a std::exception";
    }
    c.line.reset();
    refuse(c.line.peer(), refusal::options, "call " + to_string(c.line.id()) + ": " + why);
    return std::nullopt;
}

// Returns the home that the application wants, or the home with the fewest calls.
listener::impl::home& listener::impl::home_for(const uuid& id) {
    const auto& choose = admitted.options().home_for;
    const auto wanted = choose ? choose(id) : std::nullopt;
    return wanted && *wanted < homes.size() ? homes[*wanted] : *std::ranges::min_element(homes, {}, &home::calls);
}

// Tells the listener, on its io_context, that a call has ended. Has its memory from the start of the call: without it
// the listener would count the call for as long as there is no memory, and a process could not end.
struct listener::impl::end_notice {
    end_notice(std::shared_ptr<impl> to, home& of, host_key from, std::uint64_t number)
        : listener(std::move(to)), place(of), host(from), call(number) {}

    static void send(const std::shared_ptr<end_notice>& notice) {
        const auto& where = notice->listener->executor;
        if (where.running_in_this_thread()) return notice->arrive();
        notice->memory.post(where, [notice] { notice->arrive(); });
    }

    void arrive() {
        if (listener->in_progress.erase(call) == 0) return; // done already: `call_closed` ran out of memory
        listener->admitted.leave(host);
        --place.calls;
        --listener->counters.calls_up;
        if (listener->call_closed) listener->call_closed();
    }

    std::shared_ptr<impl> listener;
    home& place;
    host_key host;
    std::uint64_t call;
    detail::reserved_memory memory;
};

// Called when the id has arrived. A call that is refused, or for which there is no memory, frees its place.
void listener::impl::start_call(detail::pending_connection& c) {
    detail::admission::place place(admitted, c.host);
    if (taken() >= admitted.options().calls_max) { // other connections from the same time sent their ids first
        c.line.reset();
        return refuse(c.line.peer(), refusal::full);
    }
    const uuid id = c.line.id();
    call_options rules = admitted.options().call;
    auto own = choose_rules(c, rules);
    if (!own) return;
    home& here = home_for(id);
    const auto fresh =
        std::make_shared<detail::connection>(*here.context, c.line.take_stream(), *std::move(own), rules);
    const auto number = counters.calls + 1;
    const auto notice = std::make_shared<end_notice>(shared_from_this(), here, c.host, number);
    fresh->on_closed([notice] { end_notice::send(notice); });
    ++here.calls;
    ++counters.calls_up;
    try {
        ready.push_back(fresh);
        in_progress.emplace(number, fresh);
        fresh->start();
    } catch (...) { // it has not begun
        --here.calls;
        --counters.calls_up;
        in_progress.erase(number);
        std::erase(ready, fresh);
        throw;
    }
    ++counters.calls;
    place.keep();
    deliver(true);
}

void listener::impl::deliver(bool now) {
    if (!waiter) return;
    if (!ready.empty()) {
        call next = ready.front()->as_call();
        ready.pop_front();
        if (waiter.wait() == 0)
            waiter.complete({}, std::move(next), now);
        else
            waiter.complete(std::move(next), shared_from_this(), now);
    } else if (!accepting.is_open() && pending.empty()) {
        waiter.complete(asio::error::operation_aborted, {}, now);
    }
}

void listener::impl::take_back(call unheard) {
    asio::dispatch(executor, [self = shared_from_this(), c = std::move(unheard)]() mutable {
        if (self->closed) return;
        self->ready.push_front(detail::connection::of(std::move(c)));
        self->deliver(false);
    });
}

void listener::impl::stop_accepting() {
    accepting.close();
    report_timer.cancel();
    stop_if_idle(false);
    if (refused_lately.due() != time_point::max()) report_refusals(clock::now()); // last, because it may throw
}

// Called when no connection can become a call any more: stops all waits, so that the io_context may run out of work.
void listener::impl::stop_if_idle(bool now) {
    if (!pending.empty()) return;
    pending.stop_timer();
    deliver(now);
}

void listener::impl::close() {
    closed = true;
    stop_accepting();
    pending.end_all(asio::error::operation_aborted);
    for (; !ready.empty(); ready.pop_front())
        ready.front()->as_call().hang_up();
    deliver(false);
}

void listener::impl::hang_up_all() {
    if (!in_progress.empty()) hang_up_until(in_progress.rbegin()->first);
}

// Hangs up the calls with a number up to this one. A call may close while it is hung up, and so leave the table. If
// there is no memory for a call on another thread, tries again a little later.
void listener::impl::hang_up_until(std::uint64_t last) {
    bool is_done = true;
    for (auto next = in_progress.begin(); next != in_progress.end() && next->first <= last;) {
        const auto number = next->first;
        if (const auto c = next->second.lock())
            is_done &= detail::unless_memory_is_out([&] { c->apply([](session& s) { return s.hang_up(); }); });
        next = in_progress.upper_bound(number);
    }
    if (!is_done) hang_up_again.after(try_again, [self = shared_from_this(), last] { self->hang_up_until(last); });
}

} // namespace audiosocket
