// SPDX-License-Identifier: Apache-2.0
// Descriptors of the simulated machine: their table, epoll, timers, events.
#include "sim/world/kernel.hpp"

#include <algorithm>
#include <cerrno>

namespace audiosocket::sim {

// --- The table ---

// Returns the lowest free number, as a kernel does, or a negative error.
int kernel::open(std::shared_ptr<description> what) {
    if (open_count >= files_max) return -EMFILE;
    ++open_count;
    ++what->descriptors;
    if (free_numbers.empty()) {
        table.push_back(std::move(what));
        return first_descriptor + static_cast<int>(table.size()) - 1;
    }
    const int lowest = free_numbers.top();
    free_numbers.pop();
    table[static_cast<std::size_t>(lowest)] = std::move(what);
    return first_descriptor + lowest;
}

int kernel::duplicate(int descriptor) {
    if (find(descriptor) == nullptr) return -EBADF;
    return open(table[static_cast<std::size_t>(descriptor - first_descriptor)]);
}

int kernel::close(int descriptor) {
    if (find(descriptor) == nullptr) return -EBADF;
    const int number = descriptor - first_descriptor;
    const auto last = std::move(table[static_cast<std::size_t>(number)]);
    table[static_cast<std::size_t>(number)] = nullptr;
    free_numbers.push(number);
    --open_count;
    if (--last->descriptors > 0) return 0;
    while (!last->watches.empty())
        last->watches.back()->by->forget(*last);
    last->closed();
    return 0;
}

description* kernel::find(int descriptor) noexcept {
    const auto number = static_cast<std::size_t>(descriptor - first_descriptor);
    return owns(descriptor) && number < table.size() ? table[number].get() : nullptr;
}

// --- epoll ---

void description::wake(std::uint32_t events) {
    for (std::size_t i = 0; i < watches.size(); ++i) {
        watch& w = *watches[i];
        if ((events & (w.events | EPOLLERR | EPOLLHUP)) != 0) w.by->queue(w);
    }
}

void epoll::queue(watch& w) {
    k.woken = true;
    if (!w.queued) w.queued = waiting.insert(waiting.end(), &w);
    wake(EPOLLIN); // another epoll may watch this one
}

std::uint32_t epoll::ready() {
    return std::ranges::any_of(waiting,
                               [](watch* w) { return (w->what->ready() & (w->events | EPOLLERR | EPOLLHUP)) != 0; })
               ? can_read
               : 0;
}

int epoll::control(int operation, int descriptor, description& what, const epoll_event* how) {
    const auto found = watched.find(descriptor);
    if (operation == EPOLL_CTL_ADD) {
        if (found != watched.end()) return -EEXIST;
        watch& w = watched.emplace(descriptor, watch{this, &what, how->events, how->data, std::nullopt}).first->second;
        what.watches.push_back(&w);
        if ((what.ready() & (w.events | EPOLLERR | EPOLLHUP)) != 0) queue(w);
        return 0;
    }
    if (found == watched.end()) return -ENOENT;
    watch& w = found->second;
    if (operation == EPOLL_CTL_MOD) {
        w.events = how->events;
        w.data = how->data;
        if ((what.ready() & (w.events | EPOLLERR | EPOLLHUP)) != 0) queue(w);
        return 0;
    }
    if (w.queued) waiting.erase(*w.queued);
    std::erase(what.watches, &w);
    watched.erase(found);
    return 0;
}

// Removes a description whose last descriptor was closed.
void epoll::forget(description& what) {
    for (auto it = watched.begin(); it != watched.end();) {
        if (it->second.what != &what) {
            ++it;
            continue;
        }
        if (it->second.queued) waiting.erase(*it->second.queued);
        std::erase(what.watches, &it->second);
        it = watched.erase(it);
    }
}

int epoll::fetch(epoll_event* to, int most) {
    int count = 0;
    for (std::size_t left = waiting.size(); left > 0 && count < most; --left) {
        watch& w = *waiting.front();
        waiting.pop_front();
        w.queued.reset();
        const std::uint32_t now = w.what->ready() & (w.events | EPOLLERR | EPOLLHUP);
        if (now == 0) continue;
        to[count++] = {now, w.data};
        if ((w.events & EPOLLET) == 0) w.queued = waiting.insert(waiting.end(), &w);
    }
    return count;
}

void epoll::closed() {
    while (!watched.empty()) {
        auto& w = watched.begin()->second;
        std::erase(w.what->watches, &w);
        watched.erase(watched.begin());
    }
    waiting.clear();
}

// --- Addresses ---

int kernel::bind(tcp_socket_description& socket, const tcp_endpoint& to) {
    tcp_endpoint here = to;
    if (here.port() == 0) {
        here.port(next_port++);
    } else if (listener_on(here.port()) != nullptr) {
        return -EADDRINUSE;
    }
    socket.bound = here;
    return 0;
}

// --- Timers ---

void timer_descriptor::set(nanoseconds when) {
    expirations = 0;
    due = when;
    ++generation;
    if (when == nanoseconds{}) return;
    k.schedule(std::max(when, k.now), [this, owner = weak_from_this(), which = generation] {
        const auto keep = owner.lock();
        if (!keep || which != generation) return;
        expirations = 1;
        due = {};
        wake(EPOLLIN);
    });
}

} // namespace audiosocket::sim
