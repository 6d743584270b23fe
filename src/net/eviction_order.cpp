// SPDX-License-Identifier: Apache-2.0
#include "net/eviction_order.hpp"

#include <algorithm>
#include <cassert>

namespace audiosocket::detail {
namespace {

// Returns the first 64 bits of an IPv6 address; returns an IPv4 address (::ffff:0:0/96) unchanged.
host_key group_of(host_key host) noexcept {
    constexpr host_key mapped{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};
    const bool ipv4 = std::equal(mapped.begin(), mapped.begin() + 12, host.begin());
    if (!ipv4) std::fill(host.begin() + 8, host.end(), std::uint8_t{0});
    return host;
}

} // namespace

eviction_order::number eviction_order::add(const host_key& host) {
    auto& of_host = hosts_[group_of(host)];
    if (!of_host.empty()) by_count_.erase(place_of(of_host));
    of_host.insert(of_host.end(), next_);
    by_count_.insert(place_of(of_host));
    return next_++;
}

void eviction_order::remove(const host_key& host, number connection) {
    const auto found = hosts_.find(group_of(host));
    assert(found != hosts_.end());
    auto& of_host = found->second;
    by_count_.erase(place_of(of_host));
    [[maybe_unused]] const auto removed = of_host.erase(connection);
    assert(removed == 1);
    if (of_host.empty())
        hosts_.erase(found);
    else
        by_count_.insert(place_of(of_host));
}

eviction_order::number eviction_order::first() const noexcept {
    assert(!empty());
    return by_count_.begin()->oldest;
}

} // namespace audiosocket::detail
