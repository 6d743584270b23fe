// SPDX-License-Identifier: Apache-2.0
#include "event_queue.hpp"

#include "server_state.hpp"

#include <sys/eventfd.h>
#include <unistd.h>

#include <cerrno>
#include <system_error>

namespace audiosocket::c {

// Invariant, under the mutex: the counter of the eventfd is 1 if the queue has events, else 0. So many events share one
// system call, and one wake-up of the application.
event_queue::event_queue() : wake_(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) {
    if (!wake_) throw std::system_error(errno, std::generic_category(), "no descriptor for the events");
}

bool event_queue::push(std::list<pending_event>& events) noexcept {
    const std::lock_guard lock(mutex_);
    if (closed_) return false;
    const bool wake = events_.empty() && !events.empty();
    events_.splice(events_.end(), events);
    if (wake) static_cast<void>(::eventfd_write(wake_.get(), 1)); // fails only where the counter is full
    return true;
}

// The events are destroyed without the mutex, because they may own calls.
void event_queue::close() noexcept {
    std::list<pending_event> dropped;
    const std::lock_guard lock(mutex_);
    closed_ = true;
    dropped.swap(events_);
    if (!dropped.empty()) make_unreadable();
}

std::list<pending_event> event_queue::pop() noexcept {
    std::list<pending_event> first;
    const std::lock_guard lock(mutex_);
    if (events_.empty()) return first;
    first.splice(first.end(), events_, events_.begin());
    if (events_.empty()) make_unreadable();
    return first;
}

void event_queue::make_unreadable() noexcept {
    eventfd_t ignored;
    static_cast<void>(::eventfd_read(wake_.get(), &ignored));
}

// What leaves the queue is destroyed without the mutex, because a call that is dropped may push its last events.
std::size_t event_queue::take(std::span<audiosocket_event> events) noexcept {
    std::size_t count = 0;
    while (count < events.size()) {
        auto first = pop();
        if (first.empty()) break;
        auto& next = first.front();
        if (next.call) next.call->event_left_queue();
        if (next.server && next.server->freed()) continue;
        if (next.call && next.call->freed()) continue;
        auto& event = events[count++] = next.what;
        if (next.server) event.server = next.server->handle();
        if (next.call) {
            event.call = next.call->handle();
            event.user = next.call->user();
        }
        static_cast<void>(next.fresh.release()); // the application's from now on
    }
    return count;
}

} // namespace audiosocket::c
