// SPDX-License-Identifier: Apache-2.0
#include "log/peer_quota.hpp"

#include <algorithm>
#include <utility>

namespace audiosocket::app {
namespace {

using boost::asio::ip::address;

constexpr std::chrono::seconds one_second{1};

address network_of(const address& who) {
    if (!who.is_v6()) return who;
    auto bytes = who.to_v6().to_bytes();
    if (who.to_v6().is_v4_mapped()) return boost::asio::ip::make_address_v4(boost::asio::ip::v4_mapped, who.to_v6());
    std::fill(bytes.begin() + 8, bytes.end(), static_cast<unsigned char>(0));
    return boost::asio::ip::address_v6(bytes);
}

} // namespace

peer_quota::peer_quota(std::uint64_t lines_per_second) : lines_per_second_(lines_per_second), seconds_(1) {
    seconds_.reserve(1 + peers_max);
}

bool peer_quota::allows(const peer& who, time_point now) {
    second& of_peer = second_of(network_of(who), now);
    return ++of_peer.lines <= lines_per_second_;
}

// The second of this peer that runs now, or a new one.
peer_quota::second& peer_quota::second_of(const peer& who, time_point now) {
    const auto is_over = [now](const second& s) { return now - s.began >= one_second; };
    auto found = std::find_if(seconds_.begin() + 1, seconds_.end(), [&](const second& s) { return s.who == who; });
    if (found == seconds_.end() && seconds_.size() <= peers_max) {
        seconds_.push_back({who, now, 0});
        return seconds_.back();
    }
    if (found == seconds_.end()) found = std::find_if(seconds_.begin() + 1, seconds_.end(), is_over);
    const bool shares = found == seconds_.end();
    if (shares) found = seconds_.begin();
    if (found->who != (shares ? std::nullopt : std::optional(who)) || is_over(*found)) {
        if (found->lines > lines_per_second_) to_tell_.push_back({found->who, found->lines - lines_per_second_});
        *found = {shares ? std::nullopt : std::optional(who), now, 0};
    }
    return *found;
}

std::vector<peer_quota::left_out> peer_quota::take_left_out(time_point now, bool at_end) {
    auto out = std::exchange(to_tell_, {});
    for (second& s : seconds_) {
        if (s.lines <= lines_per_second_ || (!at_end && now - s.began < one_second)) continue;
        out.push_back({s.who, s.lines - lines_per_second_});
        s.lines = 0;
    }
    return out;
}

} // namespace audiosocket::app
