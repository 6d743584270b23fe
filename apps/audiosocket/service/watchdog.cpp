// SPDX-License-Identifier: Apache-2.0
#include "service/watchdog.hpp"

#include "service/thread_watch.hpp"

#include <boost/asio/steady_timer.hpp>

#include <utility>

namespace audiosocket::app {

struct watchdog::state : std::enable_shared_from_this<state> {
    state(boost::asio::io_context& own, const std::vector<boost::asio::io_context*>& all, nanoseconds interval,
          std::function<void()> a)
        : period(interval / looks_per_interval), alive(std::move(a)), threads(all), timer(own) {}

    void look() {
        threads.look();
        timer.expires_after(period);
        timer.async_wait([self = shared_from_this()](boost::system::error_code error) {
            if (error || self->over) return;
            self->look();
            if (self->threads.longest().looks == 0) self->alive();
        });
    }

    const nanoseconds period;
    const std::function<void()> alive;
    thread_watch threads;
    boost::asio::steady_timer timer;
    bool over = false;
};

watchdog::watchdog(boost::asio::io_context& own, const std::vector<boost::asio::io_context*>& threads,
                   nanoseconds interval, std::function<void()> alive)
    : state_(std::make_shared<state>(own, threads, interval, std::move(alive))) {
    state_->look();
}

watchdog::~watchdog() {
    state_->over = true;
    state_->timer.cancel();
}

} // namespace audiosocket::app
