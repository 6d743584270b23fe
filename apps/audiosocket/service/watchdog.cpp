// SPDX-License-Identifier: Apache-2.0
#include "service/watchdog.hpp"

#include <boost/asio/post.hpp>

#include <utility>

namespace audiosocket::app {

namespace asio = boost::asio;

// All of it but the answers happens on `own`. Invariant: a round has begun and is not over while missing > 0.
struct watchdog::state : std::enable_shared_from_this<state> {
    state(asio::io_context& o, std::vector<asio::io_context*> t, nanoseconds interval, std::function<void()> a)
        : own(o), threads(std::move(t)), period(interval / 2), alive(std::move(a)), timer(own) {}

    void tick() {
        if (missing == 0) ask();
        timer.expires_after(period);
        timer.async_wait([self = shared_from_this()](auto error) {
            if (!error && !self->over) self->tick();
        });
    }

    void ask() {
        missing = threads.size();
        for (auto* thread : threads)
            asio::post(*thread, [self = shared_from_this()] {
                asio::post(self->own, [self] {
                    if (--self->missing == 0 && !self->over) self->alive();
                });
            });
    }

    asio::io_context& own;
    const std::vector<asio::io_context*> threads;
    const nanoseconds period;
    const std::function<void()> alive;
    asio::steady_timer timer;
    std::size_t missing = 0;
    bool over = false;
};

watchdog::watchdog(asio::io_context& own, std::vector<asio::io_context*> threads, nanoseconds interval,
                   std::function<void()> alive)
    : state_(std::make_shared<state>(own, std::move(threads), interval, std::move(alive))) {
    state_->tick();
}

watchdog::~watchdog() {
    state_->over = true;
    state_->timer.cancel();
}

} // namespace audiosocket::app
