// SPDX-License-Identifier: Apache-2.0
#include "daemon/service_link.hpp"

#include "service/held_signals.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <vector>

namespace audiosocket::app {

std::error_code service_link::ready(const std::string& status, std::span<boost::asio::io_context* const> calls,
                                    bool reads) {
    const auto error = manager_.ready(status, inherited_.from_predecessor());
    channel_ = inherited_.report_ready(reads); // last, because the predecessor may end at once
    let_signals_in();
    if (const auto interval = manager_.watchdog_interval()) {
        std::vector<boost::asio::io_context*> threads(calls.begin(), calls.end());
        if (std::ranges::count(threads, &main_) == 0) threads.push_back(&main_);
        watchdog_.emplace(main_, threads, *interval, [this] { manager_.alive(); });
    }
    return error;
}

void service_link::stopping(const std::string& why, std::size_t calls) {
    manager_.stopping(fmt::format("stopping ({}), {} calls in progress", why, calls));
}

void service_link::retire() {
    watchdog_.reset();
    manager_.retire();
}

} // namespace audiosocket::app
