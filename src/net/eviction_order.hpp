// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <audiosocket/net/network.hpp>

#include <cstddef>
#include <cstdint>
#include <map>
#include <set>

namespace audiosocket::detail {

/// Says which of many connections is closed for a new one: the oldest of the host that has the most. If several hosts
/// have the most, it is the host with the oldest connection. So a host that connects very often ends only its own
/// connections, while other hosts have fewer. An IPv6 network of 64 bits counts as one host here, because its owner can
/// use any address in it.
///
/// How it works: each host has its connections in the order of their age, and the hosts are in an order too. Each
/// operation takes O(log n), because any peer may open thousands of connections.
///
/// Invariant: each host in `hosts_` has a connection, and has its place in `by_count_`.
class eviction_order {
  public:
    /// The number of a connection, in the order of arrival.
    using number = std::uint64_t;

    /// Adds the newest connection, and returns its number. Changes nothing if it throws std::bad_alloc.
    number add(const host_key& host);

    /// Removes a connection of this host. It must be there.
    void remove(const host_key& host, number connection) noexcept;

    /// Counts a connection for another host from now on. It must be there, and keeps its age. Changes
    /// nothing if it throws std::bad_alloc.
    void move(const host_key& from, const host_key& to, number connection);

    /// Returns the connection that is to be closed first. There must be a connection.
    number first() const noexcept;

    bool empty() const noexcept { return by_count_.empty(); }

  private:
    // In a tree, because a peer cannot choose addresses that are slow to find in it.
    using host_table = std::map<host_key, std::set<number>>;

    struct place {
        std::size_t count;
        number oldest;
        bool operator<(const place& other) const noexcept {
            return count != other.count ? count > other.count : oldest < other.oldest;
        }
    };

    void insert(std::set<number>& of_host, std::set<number>& connection, std::set<place>& fresh) noexcept;

    static place place_of(const std::set<number>& of_host) noexcept { return {of_host.size(), *of_host.begin()}; }

    number next_ = 0;
    host_table hosts_;
    std::set<place> by_count_; // one entry for each host, because two hosts never have the same oldest connection
};

} // namespace audiosocket::detail
