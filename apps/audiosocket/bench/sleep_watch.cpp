// SPDX-License-Identifier: Apache-2.0
#include "bench/sleep_watch.hpp"

#include <audiosocket/call/event.hpp>

namespace audiosocket::app::bench {
namespace {

constexpr std::chrono::milliseconds frame_time{20};

} // namespace

sleep_watch::sleep_watch() : thread_([this](const std::stop_token& stop) { watch(stop); }) {}

sleep_watch::~sleep_watch() {
    thread_.request_stop();
    thread_.join();
}

void sleep_watch::watch(const std::stop_token& stop) {
    while (!stop.stop_requested()) {
        const auto due = clock::now() + frame_time;
        std::this_thread::sleep_until(due);
        const auto late = clock::now() - due;
        const std::lock_guard lock(mutex_);
        overshoot_.add(late);
    }
}

void sleep_watch::restart() {
    const std::lock_guard lock(mutex_);
    overshoot_ = histogram();
}

histogram sleep_watch::overshoot() const {
    const std::lock_guard lock(mutex_);
    return overshoot_;
}

} // namespace audiosocket::app::bench
