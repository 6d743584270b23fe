// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "directory/own_entries.hpp"
#include "directory/peers.hpp"

#include <audiosocket/server/context_registry.hpp>

#include <deque>
#include <variant>

namespace audiosocket::app::directory {

/// How one node takes part in a cluster: what it writes into the directory, what it knows from there, and where an
/// announced call is to connect.
///
/// No socket, no thread and no clock. Give the member what the directory and the calls do, and the time; then take
/// actions until there are none. Call poll() several times a second.
///
/// While the directory is away, everything goes on with what the node knows. Announced calls connect to this node then,
/// because another node could not get their contexts.
class member {
  public:
    struct options {
        node_id node;
        std::string connect; ///< Where calls connect to this node, as HOST:PORT.
        std::string admin;
        std::chrono::milliseconds lease = std::chrono::seconds(15);
        peers::limits known{};
        bool alone = false; ///< No other node can exist, so nothing has to be confirmed.
    };

    /// How long another node may take to confirm that it has a context. Dialplans give an announcement two seconds.
    static constexpr std::chrono::milliseconds confirmation_time{800};

    /// How long the directory may take to store a context of this node. Only a call that arrives at another node needs
    /// it there.
    static constexpr std::chrono::milliseconds storing_time{300};

    /// Writes into the directory; the order matters.
    using write = own_entries::write;
    /// A call was announced, and will connect here.
    struct announced {
        uuid id;
        std::string context;
    };
    /// The announcement of a call was withdrawn, or another node took the call.
    struct withdrawn {
        uuid id;
    };
    /// Another node asks to hang up a call of this node.
    struct end_call {
        uuid id;
        bool when_played = false;
        node_id by;
    };
    /// The answer to an announcement that was `later`.
    struct placed {
        uuid id;
        std::string connect; ///< Empty: no node takes the call now.
    };
    using action = std::variant<write, announced, withdrawn, end_call, placed>;

    /// What announce() did.
    enum class placement {
        here,      ///< The call connects to this node.
        later,     ///< The directory or another node has to confirm; an action `placed` follows.
        too_large, ///< As in registration.
        no_room,   ///< This node has no room for contexts.
        nowhere,   ///< No node takes calls.
    };

    struct counters {
        std::uint64_t updates = 0;     ///< Updates that arrived.
        std::uint64_t bad = 0;         ///< Updates that could not be read: ignored.
        std::uint64_t omitted = 0;     ///< Updates without room: ignored.
        std::uint64_t sent_away = 0;   ///< Announced calls that another node takes.
        std::uint64_t unconfirmed = 0; ///< Times that a node did not confirm.
    };

    struct known_call {
        node_id node;
        uuid id;
        call_entry facts;
    };
    struct known_node {
        node_id node;
        node_facts facts; ///< `state` and `calls` as seen from here.
        bool is_this = false;
    };

    /// Makes a member. `contexts` has the announced calls of this node and must outlive the member; null: none.
    member(options how, context_registry* contexts);
    void keep_contexts(context_registry& contexts) { contexts_ = &contexts; }

    // --- The directory ---

    /// Called when the directory is connected; its snapshot follows as updates. It removes entries `ttl` after they
    /// were written; 0: never.
    void connected(std::chrono::nanoseconds ttl, time_point now);
    void apply(const update& u, time_point now);
    void snapshot_complete(time_point now);
    void lost(time_point now);
    bool is_connected() const noexcept { return state_ == link::connected; }

    // --- This node ---

    /// Sets what this node reports of itself: state, calls, calls_max and load.
    void report(const node_facts& now_is, time_point now);
    void set_addresses(std::string connect, std::string admin);

    /// Announces a call. `here_too`: this node accepts calls, unless it is full; while it drains, only those that no
    /// other node takes. An earlier announcement of this call that is still `later` gets no `placed`.
    placement announce(const uuid& id, std::string context, time_point now, bool here_too = true);

    /// Returns and removes the context of a call that has arrived here. If there is none, the directory may have it
    /// under context_key(): then fetch it, and report that by took().
    std::optional<std::string> take(const uuid& id, time_point now);
    static std::string context_key(const uuid& id);
    /// Returns the context of a call that has not arrived, and keeps it.
    std::optional<std::string> find(const uuid& id, time_point now) const;
    void took(const uuid& id);

    /// Removes the context of a call, on this node. Returns whether there was one; nothing after hand_over(), because
    /// the other process would still have it. took() withdraws it elsewhere.
    std::optional<bool> withdraw(const uuid& id, time_point now);

    /// Returns the contexts that wait for their calls, the oldest first, for the process that takes over the address.
    /// Copies stay here, because calls may still arrive here. From now on no announced call connects here.
    std::vector<waiting_context> hand_over(time_point now);

    /// Keeps a context that an earlier process has handed over. Returns whether it waits here now. It is refused if it
    /// has expired or was announced here, and if there is no room. Call keep_contexts() before.
    bool inherit(waiting_context one, time_point now);

    void call_started(const uuid& id, const call_entry& facts);
    void call_ended(const uuid& id);

    /// Asks other nodes to hang up the calls with this id. Returns where they are.
    std::vector<node_id> end_elsewhere(const uuid& id, bool when_played, time_point now);

    /// Removes all entries of this node, because it leaves the cluster.
    void leave();

    // --- Results ---

    void poll(time_point now);
    std::optional<action> next(time_point now);

    std::vector<known_node> nodes(time_point now) const;
    /// Returns the calls of another node.
    std::vector<known_call> calls_of(const node_id& node, time_point now) const;
    std::vector<known_call> find_elsewhere(const uuid& id, time_point now) const;
    const counters& counts() const noexcept { return counts_; }
    const node_id& id() const noexcept { return options_.node; }

  private:
    enum class link { away, snapshot, connected };

    struct pending {
        std::string context; // empty if this node has it
        node_id target;
        std::string connect;
        time_point until;
        bool here_too = true;
    };

    void apply_node(const entry_key& key, const update& u, time_point now);
    void apply_call(const entry_key& key, const update& u, time_point now);
    void apply_context(const uuid& id, const update& u, time_point now);
    void context_removed(const uuid& id, const update& u, time_point now);
    void apply_end(const entry_key& key, const update& u);
    void omit_if(bool no_room) { counts_.omitted += no_room ? 1 : 0; }

    placement hold(const uuid& id, std::string context, time_point now);
    void hold_instead(const uuid& id, time_point now);
    void drop_context(const uuid& id, time_point now);
    bool has_room() const;
    bool takes_calls() const;
    std::optional<std::string> choose(const uuid& id, time_point now, bool here_too);
    void write_node(time_point now);
    void expire_contexts(time_point now);

    options options_;
    context_registry* contexts_;
    const std::string node_key_;
    node_facts facts_;
    link state_ = link::away;
    std::chrono::nanoseconds ttl_{};
    time_point node_written_{};
    peers peers_;
    own_entries own_;
    std::unordered_map<uuid, std::size_t> calls_; // of this node, by id
    std::unordered_map<uuid, pending> pending_;
    std::deque<std::pair<time_point, uuid>> context_ends_; // by time
    std::deque<action> actions_;
    bool leaving_ = false;
    bool handed_over_ = false;
    counters counts_;
};

} // namespace audiosocket::app::directory
