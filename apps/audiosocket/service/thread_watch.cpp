// SPDX-License-Identifier: Apache-2.0
#include "service/thread_watch.hpp"

#include <audiosocket/net/engine_statistics.hpp>

#include <boost/asio/post.hpp>

#include <algorithm>
#include <utility>

namespace audiosocket::app {

thread_watch::thread_watch(std::span<boost::asio::io_context* const> threads) {
    for (auto* context : threads)
        watched_.push_back({context, std::make_shared<std::atomic<bool>>(false)});
}

void thread_watch::look() {
    for (watched& w : watched_) {
        const bool answered = w.answered->exchange(false);
        const auto turns = turns_taken(*w.context);
        const bool went_on = turns != std::exchange(w.turns, turns);
        if (asked_) w.silent_looks = answered || went_on ? 0 : w.silent_looks + 1;
        if (!asked_ || answered) ask(w);
    }
    asked_ = true;
}

thread_watch::silence thread_watch::longest() const noexcept {
    const auto found = std::ranges::max_element(watched_, {}, &watched::silent_looks);
    if (found == watched_.end()) return {0, 0};
    return {static_cast<std::size_t>(found - watched_.begin()), found->silent_looks};
}

void thread_watch::ask(watched& w) {
    boost::asio::post(*w.context, [answered = w.answered] { answered->store(true); });
}

} // namespace audiosocket::app
