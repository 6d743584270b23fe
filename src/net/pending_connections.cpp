// SPDX-License-Identifier: Apache-2.0
#include "net/pending_connections.hpp"

#include <cassert>

namespace audiosocket::detail {

// A pending connection. Shared with the wait for its bytes, which may complete after it was settled.
struct pending_connections::entry {
    pending_connection connection;
    deadlines::iterator place;
    eviction_order::number number;
    bool settled = false;
};

void pending_connections::add(tcp_socket socket, session rules, const host_key& host) {
    const auto e = std::make_shared<entry>(
        entry{{{std::move(socket), std::move(rules)}, host}, by_deadline_.end(), eviction_.add(host)});
    by_number_.emplace(e->number, e.get());
    e->place = by_deadline_.emplace(e->connection.line.deadline(), e);
    set_timer();
    wait_for_bytes(e);
}

void pending_connections::wait_for_bytes(const std::shared_ptr<entry>& e) {
    e->connection.line.socket().async_wait(tcp_socket::wait_read, [this, e, keep = owner_.keep_alive()](io_error) {
        if (!e->settled && !settle(*e, e->connection.line.read())) wait_for_bytes(e);
    });
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
    e.settled = true;
    const auto keep = std::move(e.place->second);
    by_deadline_.erase(e.place);
    by_number_.erase(e.number);
    eviction_.remove(e.connection.host, e.number);
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

void pending_connections::set_timer() {
    if (empty() || by_deadline_.begin()->first >= timer_at_) return;
    timer_at_ = by_deadline_.begin()->first;
    timer_.expires_at(timer_at_);
    timer_.async_wait([this, keep = owner_.keep_alive()](io_error error) {
        if (!error) end_late_ones();
    });
}

void pending_connections::end_late_ones() {
    timer_at_ = time_point::max();
    const auto now = clock::now();
    while (!empty() && by_deadline_.begin()->first <= now) {
        const auto late = by_deadline_.begin()->second;
        settle(*late, late->connection.line.advance(now));
    }
    set_timer();
}

void pending_connections::stop_timer() {
    assert(empty());
    timer_.cancel();
    timer_at_ = time_point::max();
}

} // namespace audiosocket::detail
