// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "directory/entry.hpp"

#include <audiosocket/call/event.hpp>

#include <deque>
#include <map>
#include <unordered_map>
#include <vector>

namespace audiosocket::app::directory {

/// The other nodes and their calls, as the directory shows them.
///
/// A node has its lease: it counts as away when two signs of life in a row are missing, and as gone when the lease has
/// ended. The time is that of this machine, from the arrival of each sign of life, so no clocks have to agree. The
/// calls of a node that is gone are kept for a while and not shown: the node may have been cut off only.
class peers {
  public:
    struct limits {
        std::size_t nodes_max = 1000;      ///< Ten times the largest cluster that was simulated.
        std::size_t calls_max = 1'000'000; ///< Of all nodes: some 150 bytes each.
    };

    struct peer {
        node_facts facts;
        std::uint64_t revision = 0;
        time_point seen{};       ///< When its last sign of life arrived.
        bool alive = false;      ///< It gave one, not only an entry that was already in the directory.
        bool introduced = false; ///< `facts` are known; otherwise only its calls are.
        unsigned round = 0;      ///< The last snapshot that had it.
        std::size_t sent = 0;    ///< Calls that were sent to it since its last sign of life.
        struct call {
            call_entry facts;
            std::uint64_t revision = 0;
            unsigned round = 0;
        };
        std::unordered_map<uuid, call> calls;
    };

    peers() : peers(limits{}) {}
    explicit peers(const limits& how) : limits_(how) {}

    /// Apply an update of a node or of a call. Return false if the limits leave no room for it.
    bool node_updated(const node_id& node, const std::optional<node_facts>& facts, std::uint64_t revision,
                      time_point now);
    bool call_updated(const node_id& node, const uuid& id, const std::optional<call_entry>& call,
                      std::uint64_t revision, time_point now);

    /// Between these two calls the updates are a snapshot: what it does not have is removed at its end. Revisions count
    /// from there, because the directory may be a new one.
    void snapshot_begins();
    void snapshot_ends(time_point now);

    /// The directory is away: leases do not run.
    void freeze() { frozen_ = true; }

    /// Forgets nodes that have been gone for long.
    void sweep(time_point now);

    /// Counts a call that was sent to this node.
    void sent_to(const node_id& node);

    /// Returns the state as seen from here; nothing if the node is gone or unknown.
    std::optional<node_state> state_of(const peer& p, time_point now) const;

    const std::map<node_id, peer, std::less<>>& all() const noexcept { return all_; }

  private:
    bool outdated(const std::string& key, std::uint64_t revision) const;
    void bury(std::string key, std::uint64_t revision, time_point now);
    peer* find_or_add(const node_id& node, time_point now);

    limits limits_;
    std::map<node_id, peer, std::less<>> all_;
    std::size_t calls_ = 0;
    unsigned round_ = 0;
    bool in_snapshot_ = false;
    bool frozen_ = true;

    // Removed keys, so that an update that was overtaken does not bring them back.
    struct grave {
        std::string key;
        time_point since;
    };
    std::unordered_map<std::string, std::uint64_t> removed_;
    std::deque<grave> graves_;
};

} // namespace audiosocket::app::directory
