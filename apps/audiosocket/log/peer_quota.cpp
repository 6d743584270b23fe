// SPDX-License-Identifier: Apache-2.0
#include "log/peer_quota.hpp"

#include <algorithm>
#include <utility>

namespace audiosocket::app {
namespace {

using boost::asio::ip::address;

address network_of(const address& who) {
    if (!who.is_v6()) return who;
    auto bytes = who.to_v6().to_bytes();
    if (who.to_v6().is_v4_mapped()) return boost::asio::ip::make_address_v4(boost::asio::ip::v4_mapped, who.to_v6());
    std::fill(bytes.begin() + 8, bytes.end(), static_cast<unsigned char>(0));
    return boost::asio::ip::address_v6(bytes);
}

} // namespace

peer_quota::peer_quota(std::uint64_t lines, std::chrono::nanoseconds length)
    : lines_max_(lines), length_(length), windows_(1) {
    windows_.reserve(1 + peers_max);
}

bool peer_quota::allows(const peer& who, time_point now) {
    window& of_peer = window_of(network_of(who), now);
    return ++of_peer.lines <= lines_max_;
}

// Returns the current window of this peer, or a new one.
peer_quota::window& peer_quota::window_of(const peer& who, time_point now) {
    const auto is_over = [now, this](const window& s) { return now - s.began >= length_; };
    auto found = std::find_if(windows_.begin() + 1, windows_.end(), [&](const window& s) { return s.who == who; });
    if (found == windows_.end() && windows_.size() <= peers_max) {
        windows_.push_back({who, now, 0});
        return windows_.back();
    }
    if (found == windows_.end()) found = std::find_if(windows_.begin() + 1, windows_.end(), is_over);
    const bool shares = found == windows_.end();
    if (shares) found = windows_.begin();
    if (found->who != (shares ? std::nullopt : std::optional(who)) || is_over(*found)) {
        if (found->lines > lines_max_) to_tell_.push_back({found->who, found->lines - lines_max_});
        *found = {shares ? std::nullopt : std::optional(who), now, 0};
    }
    return *found;
}

std::vector<peer_quota::left_out> peer_quota::take_left_out(time_point now, bool at_end) {
    auto out = std::exchange(to_tell_, {});
    for (window& s : windows_) {
        if (s.lines <= lines_max_ || (!at_end && now - s.began < length_)) continue;
        out.push_back({s.who, s.lines - lines_max_});
        s.lines = 0;
    }
    return out;
}

} // namespace audiosocket::app
