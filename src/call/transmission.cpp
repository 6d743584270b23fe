// SPDX-License-Identifier: Apache-2.0
#include "call/transmission.hpp"

#include <utility>

namespace audiosocket {

std::span<const std::byte> transmission::compose(time_point now, call_monitor* monitor) {
    frame_in_flight_ = false;
    if (!control_.empty()) {
        control_in_flight_ = control_.front();
        control_.pop();
        return control_in_flight_.head();
    }
    playout_.catch_up(now);
    if (!playout_.frame_due(now)) return {};
    if (const auto learned = std::exchange(next_kind_, {})) playout_.set_format({*learned, encoding::slin});
    const auto frame = playout_.make_frame();
    frame_in_flight_ = true;
    if (monitor) monitor->sent(frame.samples, playout_.format().rate_hz(), frame.due);
    return frame.message;
}

bool transmission::sent(time_point now) noexcept {
    counters_.bytes_sent += in_flight_.size();
    in_flight_ = {};
    watch_.sent(frame_in_flight_, now);
    if (frame_in_flight_) playout_.count_sent(now);
    return frame_in_flight_;
}

void transmission::abandon() noexcept {
    in_flight_ = {};
    watch_.stop();
    frame_in_flight_ = false;
    control_.clear();
}

} // namespace audiosocket
