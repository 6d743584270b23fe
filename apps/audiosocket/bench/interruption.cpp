// SPDX-License-Identifier: Apache-2.0
#include "bench/interruption.hpp"

#include <algorithm>
#include <thread>

namespace audiosocket::app::bench {

interruption::interruption() {
    sigemptyset(&signals_);
    sigaddset(&signals_, SIGINT);
    sigaddset(&signals_, SIGTERM);
    pthread_sigmask(SIG_BLOCK, &signals_, &before_);
}

interruption::~interruption() {
    pthread_sigmask(SIG_SETMASK, &before_, nullptr);
}

bool interruption::wait_until(time_point when) {
    if (came_) {
        std::this_thread::sleep_until(when);
        return true;
    }
    const auto left = std::max<std::chrono::nanoseconds>(when - clock::now(), std::chrono::nanoseconds(0));
    const timespec limit{static_cast<time_t>(left.count() / 1'000'000'000),
                         static_cast<long>(left.count() % 1'000'000'000)};
    if (sigtimedwait(&signals_, nullptr, &limit) > 0) {
        came_ = true;
        pthread_sigmask(SIG_UNBLOCK, &signals_, nullptr); // the next signal ends the command
    }
    return came_;
}

} // namespace audiosocket::app::bench
