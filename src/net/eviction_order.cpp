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
    // All memory first: if there is none, nothing has changed.
    std::set<number> connection{next_};
    std::set<place> fresh{place{}};
    insert(hosts_[group_of(host)], connection, fresh);
    return next_++;
}

void eviction_order::move(const host_key& from, const host_key& to, number connection) {
    std::set<number> moved{connection};
    std::set<place> fresh{place{}};
    auto& of_host = hosts_[group_of(to)];
    if (&of_host == &hosts_.find(group_of(from))->second) return;
    remove(from, connection);
    insert(of_host, moved, fresh);
}

// Moves the memory of its arguments into the orders.
void eviction_order::insert(std::set<number>& of_host, std::set<number>& connection, std::set<place>& fresh) noexcept {
    auto entry = of_host.empty() ? fresh.extract(fresh.begin()) : by_count_.extract(place_of(of_host));
    of_host.merge(connection);
    entry.value() = place_of(of_host);
    by_count_.insert(std::move(entry));
}

void eviction_order::remove(const host_key& host, number connection) noexcept {
    const auto found = hosts_.find(group_of(host));
    assert(found != hosts_.end());
    auto& of_host = found->second;
    auto entry = by_count_.extract(place_of(of_host));
    [[maybe_unused]] const auto removed = of_host.erase(connection);
    assert(removed == 1);
    if (of_host.empty()) {
        hosts_.erase(found);
    } else {
        entry.value() = place_of(of_host);
        by_count_.insert(std::move(entry));
    }
}

eviction_order::number eviction_order::first() const noexcept {
    assert(!empty());
    return by_count_.begin()->oldest;
}

} // namespace audiosocket::detail
