// SPDX-License-Identifier: Apache-2.0
#include "net/pending_connections.hpp"

#include <cassert>

namespace audiosocket::detail {

// A pending connection. Shared with the wait for its bytes, which may complete after it was settled.
struct pending_connections::entry {
    pending_connection connection;
    deadlines::iterator place;
    eviction_order::number number{};
    host_key counted_for; // by `eviction_`
    bool settled = false;
};

void pending_connections::add(pending_connection connection, const host_key& from) {
    const auto e = std::make_shared<entry>(entry{std::move(connection), by_deadline_.end(), {}, from});
    e->number = eviction_.add(from);
    try {
        e->place = by_deadline_.emplace(e->connection.line.deadline(), e);
        by_number_.emplace(e->number, e.get());
        set_timer();
        wait_for_bytes(e);
    } catch (...) {
        remove(*e);
        throw;
    }
}

void pending_connections::remove(entry& e) noexcept {
    e.settled = true;
    by_number_.erase(e.number);
    eviction_.remove(e.counted_for, e.number);
    if (e.place != by_deadline_.end()) by_deadline_.erase(e.place); // last, because this may be the last reference
}

void pending_connections::wait_for_bytes(const std::shared_ptr<entry>& e) {
    e->connection.line.socket().async_wait(tcp_socket::wait_read, [this, e, keep = owner_.keep_alive()](io_error) {
        if (e->settled) return;
        try {
            if (!settle(*e, read(*e))) wait_for_bytes(e);
        } catch (const std::bad_alloc&) { // what it has sent may be lost
            if (!e->settled) end(*e, make_error_code(boost::system::errc::not_enough_memory));
            throw;
        }
    });
}

// Reads what has arrived. If a proxy has named the peer, the owner admits or refuses that peer.
handshake::state pending_connections::read(entry& e) {
    auto& c = e.connection;
    const auto now = c.line.read();
    if (now == handshake::state::refused) c.refused = refusal::proxy_header;
    if (now != handshake::state::named) return now;
    if (!owner_.named(c)) return handshake::state::refused;
    eviction_.move(e.counted_for, c.host, e.number);
    e.counted_for = c.host;
    return c.line.advance(clock::now());
}

// Settles the connection if this state is final. Returns whether it is settled.
bool pending_connections::settle(entry& e, handshake::state now) {
    if (now == handshake::state::waiting) {
        const auto deadline = e.connection.line.deadline();
        if (deadline != e.place->first) {
            auto node = by_deadline_.extract(e.place);
            node.key() = deadline;
            e.place = by_deadline_.insert(std::move(node));
            set_timer();
        }
        return false;
    }
    const auto keep = e.place->second;
    remove(e);
    owner_.settled(e.connection, now);
    return true;
}

void pending_connections::end(entry& e, io_error why) {
    e.connection.line.drop(why);
    settle(e, handshake::state::over);
}

void pending_connections::evict(io_error why) {
    assert(!empty());
    end(*by_number_.at(eviction_.first()), why);
}

void pending_connections::end_all(io_error why) {
    while (!empty())
        end(*by_deadline_.begin()->second, why);
}

void pending_connections::set_timer() noexcept {
    if (empty() || by_deadline_.begin()->first >= timer_at_) return;
    timer_.expires_at(by_deadline_.begin()->first);
    timer_at_ = time_point::max(); // the earlier wait is cancelled, even if there is no memory for the next
    try {
        timer_.async_wait([this, keep = owner_.keep_alive()](io_error error) {
            if (!error) end_late_ones();
        });
        timer_at_ = by_deadline_.begin()->first;
    } catch (const std::bad_alloc&) {
        again_.after(turn_table::tick, [this, keep = owner_.keep_alive()] { set_timer(); });
    }
}

// If a handler throws, the rest is ended by the next timer, which has expired already.
void pending_connections::end_late_ones() try {
    timer_at_ = time_point::max();
    const auto now = clock::now();
    while (!empty() && by_deadline_.begin()->first <= now) {
        const auto late = by_deadline_.begin()->second;
        settle(*late, late->connection.line.advance(now));
    }
    set_timer();
} catch (...) {
    set_timer();
    throw;
}

void pending_connections::stop_timer() {
    assert(empty());
    timer_.cancel();
    again_.hurry();
    timer_at_ = time_point::max();
}

} // namespace audiosocket::detail
