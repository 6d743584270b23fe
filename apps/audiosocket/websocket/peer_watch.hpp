// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "websocket/websocket.hpp"

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace audiosocket::app::websocket {

/// When to ping the peer of an open WebSocket, what its answers measure, and when it is gone. No clock: time is an
/// argument.
///
/// Two kinds of pings are one: each ping_after in silence, and each measure_every where the round trip is wanted. The
/// payload is a number, so that an answer to an earlier ping is known.
class peer_watch {
  public:
    using time_point = std::chrono::steady_clock::time_point;

    explicit peer_watch(const limits& bounds) : bounds_(bounds) {}

    void opened(time_point now, bool measures) {
        heard_ = now;
        measures_ = measures;
    }

    /// Something has arrived.
    void heard(time_point now) noexcept { heard_ = now; }
    time_point heard_at() const noexcept { return heard_; }

    /// Returns the payload of the ping that is sent now.
    std::string ping(time_point now) {
        if (first_ping_ <= heard_) first_ping_ = now;
        last_ping_ = now;
        is_awaited_ = true;
        return std::to_string(++pings_);
    }

    /// The ping has been sent: it has waited for the message that was being written.
    void ping_sent(time_point now) noexcept { last_ping_ = now; }

    /// A pong has arrived. Returns how long the answer to the last ping took; nothing if it answers an earlier one, or
    /// none.
    std::optional<std::chrono::steady_clock::duration> pong(std::string_view payload, time_point now) {
        heard_ = now;
        if (!is_awaited_ || payload != std::to_string(pings_)) return std::nullopt;
        is_awaited_ = false;
        return now - last_ping_;
    }

    /// When the next ping is due.
    time_point ping_at() const {
        const auto in_silence = std::max(heard_, last_ping_) + bounds_.ping_after;
        return measures_ && !is_awaited_ ? std::min(in_silence, last_ping_ + bounds_.measure_every) : in_silence;
    }

    /// When the peer is gone if nothing arrives before. The first ping has its whole time for an answer, also where
    /// this process was stopped for longer: what has arrived meanwhile is not read yet.
    time_point silent_at() const {
        if (first_ping_ <= heard_) return time_point::max();
        return std::max(heard_ + bounds_.silent_max, first_ping_ + bounds_.silent_max - bounds_.ping_after);
    }

  private:
    const limits bounds_;
    time_point heard_;
    time_point first_ping_; // in this silence, if it is later than heard_
    time_point last_ping_;
    std::uint64_t pings_ = 0;
    bool measures_ = false;
    bool is_awaited_ = false; // the answer to the last ping
};

} // namespace audiosocket::app::websocket
