// SPDX-License-Identifier: Apache-2.0
// The simulated TCP. A byte is in one place at a time: the sender's `out` until it is delivered, then the receiver's
// `in`. `segments` says when the bytes of `out` arrive.
#include "sim/world/kernel.hpp"

#include <algorithm>
#include <cerrno>
#include <cstring>

namespace audiosocket::sim {
namespace {

// What a trace entry is about.
enum : std::uint64_t { sent_bytes = 1, delivered_bytes, sent_fin, delivered_fin, sent_reset, got_reset, was_connected };

// The kernel tries a connection again if the queue of the listener is full.
constexpr std::chrono::seconds connect_again{1};

std::uint64_t hash_of(const std::byte* bytes, std::size_t count) noexcept {
    std::uint64_t hash = count;
    while (count > 0) {
        std::uint64_t word = 0;
        const std::size_t now = std::min(count, sizeof word);
        std::memcpy(&word, bytes, now);
        hash = (hash ^ word) * 0x9E3779B97F4A7C15U;
        hash ^= hash >> 29U;
        bytes += now;
        count -= now;
    }
    return hash;
}

} // namespace

tcp_end::tcp_end(kernel& of, std::uint64_t connection, std::uint64_t side)
    : k(of), number(connection), random(of.seed, 2 * connection + side) {}

void tcp_end::note(std::uint64_t what, std::uint64_t more) {
    k.add_to_trace(number << 8U | what, more);
}

std::uint32_t tcp_end::ready() const noexcept {
    std::uint32_t is = 0;
    const bool ended = reset || error != 0;
    if (in.size() > 0 || fin_in || ended) is |= EPOLLIN;
    if (fin_in || reset) is |= EPOLLRDHUP;
    if (ended || (connected && !fin_sent && room() >= out_max / 3)) is |= EPOLLOUT;
    if (error != 0) is |= EPOLLERR;
    if (reset || (fin_in && fin_sent)) is |= EPOLLHUP;
    return is;
}

void tcp_end::changed(std::uint32_t events) {
    if (socket != nullptr) socket->wake(events);
    if (far && far->on_change) far->on_change(*far);
}

nanoseconds tcp_end::travel_time() {
    return random.between(network.delay_min, network.delay_max);
}

// Takes what fits into the buffer.
std::size_t tcp_end::send(const std::byte* bytes, std::size_t count) {
    if (over || reset || fin_sent) return 0;
    const std::size_t taken = std::min(count, room());
    if (taken == 0) return 0;
    note(sent_bytes, hash_of(bytes, taken));
    out.write(bytes, taken);
    std::size_t left = taken;
    while (left > 0) {
        const bool cut = left > 1 && random.chance(network.cut_chance);
        const std::size_t piece = cut ? 1 + random.below(left - 1) : left;
        nanoseconds at = k.now + travel_time();
        if (random.chance(network.stall_chance)) at += random.between(nanoseconds{}, network.stall_max);
        latest = std::max(latest, at);
        segments.push_back({latest, piece});
        left -= piece;
    }
    schedule();
    return taken;
}

std::size_t tcp_end::receive(std::byte* to, std::size_t most, bool peek) {
    const std::size_t count = std::min(most, in.size());
    if (to != nullptr && count > 0) std::memcpy(to, in.data(), count);
    if (peek || count == 0) return count;
    in.take(count);
    // The sender learns of the room.
    if (!other->segments.empty() && other->segments.front().at <= k.now) other->schedule(k.now + travel_time());
    return count;
}

void tcp_end::end_sending() {
    if (over || reset || std::exchange(fin_sent, true)) return;
    note(sent_fin);
    fin_at = latest = std::max(latest, k.now + travel_time());
    schedule();
    if (other->far && other->far->on_machine_ends) other->far->on_machine_ends();
}

// Nothing that waits for room at the receiver is sent any more.
void tcp_end::send_reset() {
    if (std::exchange(over, true)) return;
    note(sent_reset);
    in.free();
    if (lost || other->over) return;
    const nanoseconds at = std::max(latest, k.now + travel_time());
    k.schedule(at, [this] {
        deliver_bytes();
        other->fail(ECONNRESET);
    });
    if (other->far && other->far->on_machine_ends) other->far->on_machine_ends();
}

void tcp_end::fail(int why) {
    if (over || std::exchange(reset, true)) return;
    note(got_reset);
    over = true;
    error = why;
    out.free();
    segments.clear();
    changed(EPOLLIN | EPOLLOUT | EPOLLRDHUP | EPOLLERR | EPOLLHUP);
}

void tcp_end::close(bool with_reset) {
    socket = nullptr;
    orphan = true;
    if (with_reset || in.size() > 0)
        send_reset();
    else
        end_sending();
}

void tcp_end::set_lost(bool is_lost) {
    lost = is_lost;
    if (lost) return;
    schedule(k.now + travel_time()); // sent again
    if (std::exchange(other->unacknowledged, 0) > 0) other->changed(EPOLLOUT);
}

// Schedules the next delivery, if there is something to deliver that can be delivered.
void tcp_end::schedule(nanoseconds not_before) {
    if (over || lost) return;
    nanoseconds next = nanoseconds::max();
    if (!segments.empty()) {
        if (other->in.size() < other->in_max || other->orphan) next = segments.front().at;
    } else if (fin_sent && !fin_delivered)
        next = fin_at;
    if (next == nanoseconds::max()) return;
    next = std::max({next, not_before, k.now});
    if (next >= delivery_at) return;
    delivery_at = next;
    k.schedule(next, [this, which = ++delivery] {
        if (which != delivery) return;
        delivery_at = nanoseconds::max();
        deliver();
    });
}

// Moves what has arrived and fits to the receiver. Returns whether there was something.
bool tcp_end::deliver_bytes() {
    std::size_t total = 0;
    while (!segments.empty() && segments.front().at <= k.now) {
        auto& first = segments.front();
        const std::size_t room = other->in_max - std::min(other->in_max, other->in.size());
        const std::size_t now = std::min(first.bytes, room);
        if (now == 0) break;
        other->in.write(out.data(), now);
        note(delivered_bytes, hash_of(out.data(), now));
        out.take(now);
        total += now;
        first.bytes -= now;
        if (first.bytes == 0) segments.pop_front();
    }
    if (total == 0) return false;
    k.figures.bytes_delivered += total;
    other->last_arrival = k.now;
    other->last_stamp = k.wall();
    return true;
}

void tcp_end::deliver() {
    if (over || lost) return;
    if (other->orphan || (other->over && !other->reset)) {
        if (segments.empty() && fin_sent) fin_delivered = true;
        if (!segments.empty()) answer_with_reset();
        return;
    }
    const bool was_full = room() < out_max / 3;
    const std::size_t before = out.size();
    const bool some = deliver_bytes();
    if (other->lost) unacknowledged += before - out.size();
    if (segments.empty() && fin_sent && !fin_delivered && fin_at <= k.now) {
        fin_delivered = true;
        note(delivered_fin);
        other->fin_in = true;
        other->changed(EPOLLIN | EPOLLRDHUP | (other->fin_sent ? was_closed : 0));
    } else if (some)
        other->changed(EPOLLIN);
    if (some && (far || (was_full && room() >= out_max / 3))) changed(EPOLLOUT);
    schedule();
}

// The other end was closed, or has forgotten the connection. Its reset arrives behind what it has sent before, because
// TCP accepts no reset out of order.
void tcp_end::answer_with_reset() {
    segments.clear();
    out.free();
    if (other->lost) return;
    k.schedule(std::max(other->latest, k.now + other->travel_time()), [this] {
        other->deliver_bytes();
        fail(other->fin_sent && !fin_in ? EPIPE : ECONNRESET);
    });
}

// --- Connections ---

tcp_end& kernel::add_connection(const tcp_endpoint& from, const tcp_endpoint& to, const conditions& network) {
    const std::uint64_t number = connections++;
    ++figures.connections;
    tcp_end& first = ends.emplace_back(*this, number, 0);
    tcp_end& second = ends.emplace_back(*this, number, 1);
    first.other = &second;
    second.other = &first;
    first.local = from;
    second.local = to;
    first.network = second.network = network;
    first.latest = now + first.travel_time();
    schedule(first.latest, [this, end = &first] { arrive(*end); });
    return first;
}

tcp_socket_description* kernel::listener_on(std::uint16_t port) noexcept {
    for (auto* const one : listeners)
        if (one->bound.port() == port) return one;
    return nullptr;
}

// Called when the first packet of a connection has reached the other machine.
void kernel::arrive(tcp_end& first) {
    tcp_end& second = *first.other;
    if (first.over) return;
    if (first.lost || second.lost) return schedule(now + connect_again, [this, end = &first] { arrive(*end); });
    if (first.socket != nullptr || first.orphan) {
        const auto found = remote_listeners.find(second.local);
        if (found != remote_listeners.end()) {
            second.connected = true;
            second.far = std::make_unique<remote>(second);
            second.in_max = found->second.buffers.receive;
            second.out_max = found->second.buffers.send;
            found->second.on_accepted(*second.far);
        }
    }
    if (!second.connected) {
        tcp_socket_description* const listener = listener_on(second.local.port());
        if (listener == nullptr) return refuse(first);
        if (listener->accepted.size() >= listener->backlog)
            return schedule(now + connect_again, [this, end = &first] { arrive(*end); });
        second.connected = true;
        second.in_max = listener->receive_buffer;
        second.out_max = listener->send_buffer;
        listener->accepted.push_back(&second);
        listener->wake(EPOLLIN);
    }
    first.note(was_connected);
    schedule(now + second.travel_time(), [end = &first] {
        if (end->over || std::exchange(end->connected, true)) return;
        end->changed(EPOLLOUT);
    });
}

void kernel::refuse(tcp_end& first) {
    first.other->over = true;
    schedule(now + first.other->travel_time(), [end = &first] {
        end->refused = true;
        end->fail(ECONNREFUSED);
    });
}

int kernel::connect(tcp_socket_description& socket, const tcp_endpoint& to) {
    const auto found = remote_listeners.find(to);
    const tcp_endpoint from(socket.bound.port() != 0 ? socket.bound.address() : to.address(),
                            socket.bound.port() != 0 ? socket.bound.port() : next_port++);
    if (next_port == 0) next_port = 32'768;
    tcp_end& end = add_connection(from, to, found != remote_listeners.end() ? found->second.network : conditions{});
    end.socket = &socket;
    end.out_max = socket.send_buffer;
    if (found != remote_listeners.end()) end.out_max = std::min(end.out_max, found->second.buffers.of_machine);
    end.in_max = socket.receive_buffer;
    socket.end = &end;
    socket.bound = from;
    socket.connecting = true;
    return EINPROGRESS;
}

// Accepts the connection that has waited longest. Returns its descriptor, or a negative error.
int kernel::accept(tcp_socket_description& listener, tcp_endpoint& peer) {
    if (accept_error != 0 && !listener.accepted.empty()) return -accept_error;
    if (listener.accepted.empty()) return -EAGAIN;
    if (open_count >= files_max) return -EMFILE;
    tcp_end& end = *listener.accepted.front();
    listener.accepted.pop_front();
    if (end.reset) return -ECONNABORTED;
    auto socket = std::make_shared<tcp_socket_description>(*this, listener.family);
    socket->end = &end;
    socket->bound = end.local;
    end.socket = socket.get();
    peer = end.other->local;
    return open(std::move(socket));
}

std::uint32_t tcp_socket_description::ready() {
    if (listening) return accepted.empty() ? 0 : can_read;
    return end == nullptr ? can_write | was_closed : end->ready();
}

void tcp_socket_description::closed() {
    if (listening) {
        std::erase(k.listeners, this);
        for (tcp_end* const waiting : accepted)
            waiting->close(true);
        accepted.clear();
    }
    if (end == nullptr) return;
    end->close(reset_on_close);
    end = nullptr;
}

} // namespace audiosocket::sim
