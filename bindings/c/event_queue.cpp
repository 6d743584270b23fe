// SPDX-License-Identifier: Apache-2.0
#include "event_queue.hpp"

#include "server_state.hpp"

#include <sys/eventfd.h>
#include <unistd.h>

#include <cerrno>
#include <system_error>
#include <utility>

namespace audiosocket::c {

// Invariant, under the mutex: the counter of the eventfd is 1 if the queue has events, else 0. So many events share one
// system call, and one wake-up of the application.
event_queue::event_queue() : wake_(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) {
    if (!wake_) throw std::system_error(errno, std::generic_category(), "no descriptor for the events");
}

void event_queue::push(pending_event event) {
    const std::lock_guard lock(mutex_);
    events_.push_back(std::move(event));
    if (events_.size() == 1) static_cast<void>(::eventfd_write(wake_.get(), 1)); // fails only where the counter is full
}

bool event_queue::pop(pending_event& to) {
    const std::lock_guard lock(mutex_);
    if (events_.empty()) return false;
    to = std::move(events_.front());
    events_.pop_front();
    eventfd_t ignored;
    if (events_.empty()) static_cast<void>(::eventfd_read(wake_.get(), &ignored));
    return true;
}

// What leaves the queue is destroyed without the mutex, because a call that is dropped may push its last events.
std::size_t event_queue::take(std::span<audiosocket_event> events) {
    std::size_t count = 0;
    while (count < events.size()) {
        pending_event next;
        if (!pop(next)) break;
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
