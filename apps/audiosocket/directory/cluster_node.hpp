// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "directory/member.hpp"
#include "directory/store.hpp"

#include <functional>
#include <mutex>
#include <unordered_set>

namespace audiosocket::app::directory {

/// This process as a node of a cluster: a member (the rules) and a store (where the directory is).
///
/// Safe from any thread. Handlers run on any thread, and must not wait.
class cluster_node {
  public:
    struct options {
        std::string name;      ///< is_node_name().
        std::string directory; ///< As the user gave it; empty: no cluster.
        std::chrono::milliseconds lease = std::chrono::seconds(15);
        std::function<std::unique_ptr<store>()> make_store = make_memory_store; ///< Called by start().
    };

    explicit cluster_node(options how, std::function<time_point()> now = clock::now);
    cluster_node(const cluster_node&) = delete;
    cluster_node& operator=(const cluster_node&) = delete;
    ~cluster_node();

    /// Sets where announced calls of this node are kept, and what is called when a call was announced for this node,
    /// and when that was withdrawn. Before start(). `contexts` must outlive this object's stop().
    void keep_contexts(context_registry& contexts, std::function<void(const uuid&, const std::string&)> announced,
                       std::function<void(const uuid&)> withdrawn);

    /// Joins. `connect` and `admin` are where others reach this process. `end` is called when another node asks to hang
    /// up a call: whose name is the last argument.
    void start(std::string connect, std::string admin,
               std::function<void(const uuid& id, bool when_played, const std::string& by)> end);

    /// Called each second, and when the state changes.
    void report(bool stopping, std::size_t calls, std::size_t calls_max, double load);

    /// Leaves. Waits until the directory knows, as store::stop() does.
    void stop();

    // --- Announced calls ---

    struct placed {
        member::placement what = member::placement::here;
        std::string connect; ///< For `later`: empty if no node takes the call.
    };
    /// Announces a call. `done` is called at once, or later on any thread; never with `later` and no result.
    void announce(const uuid& id, std::string context, std::function<void(placed)> done, bool here_too = true);
    std::optional<std::string> take(const uuid& id);
    /// Removes an announcement on this node. Returns whether there was one; nothing after hand_over(), because the new
    /// process would still have it.
    std::optional<bool> withdraw(const uuid& id);

    /// Returns whether the directory, or an earlier process, may know contexts that this process does not.
    bool knows_more() const;
    /// Finds a context that was announced at another node, or that an earlier process hands over, and removes it there
    /// if `take`. `done` is called on any thread within two seconds, with nothing if there is none.
    void find_elsewhere(const uuid& id, bool take, std::function<void(std::optional<std::string>)> done);

    /// Returns the announced calls that have not arrived, the oldest first, for the process that takes over the
    /// address. This node keeps copies for calls that still arrive here. It takes no announcements from now on.
    std::vector<waiting_context> hand_over();

    /// Makes find_elsewhere() wait until inherit_ends(), because an earlier process is sending its announced calls.
    void inherit_begins();
    /// Keeps an announced call of the earlier process. Returns whether it waits here now. It is refused as by
    /// member::inherit(), and if its call has arrived or was withdrawn here since inherit_begins(). It gets no early
    /// connection to a back end.
    bool inherit(waiting_context one);
    /// Called when all have arrived, or no more will arrive. Answers what has waited in find_elsewhere().
    void inherit_ends();

    // --- Calls ---

    void call_started(const uuid& id, const std::string& peer);
    void call_ended(const uuid& id);
    std::vector<member::known_call> calls_elsewhere() const;
    std::vector<member::known_call> calls_elsewhere(const uuid& id) const;
    /// Returns the nodes that were asked to hang up calls with this id.
    std::vector<node_id> end_elsewhere(const uuid& id, bool when_played);

    // --- Reports ---

    struct status {
        std::string directory; ///< "memory", or as the user gave it.
        bool connected = false;
        std::string why; ///< Why it is not connected.
        std::uint64_t connections = 0;
        std::uint64_t failures = 0;
        member::counters counted;
        std::vector<member::known_node> nodes; ///< This one is the first.
    };
    status look() const;
    const node_id& id() const noexcept { return member_.id(); }
    /// Returns whether other nodes can exist.
    bool is_shared() const noexcept { return !options_.directory.empty(); }

    /// Returns warnings since the last call, for the log.
    std::vector<std::string> take_news();

  private:
    struct pending_fetch {
        std::function<void(std::optional<std::string>)> done;
        time_point until;
    };

    // A question that waits until the earlier process has sent its announced calls.
    struct waiting_fetch {
        std::uint64_t ticket;
        uuid id;
        bool take;
    };

    template <class Change>
    auto changed(Change change);
    void drive(std::unique_lock<std::mutex>& lock);
    void drive_anyway(std::unique_lock<std::mutex>& lock) noexcept;
    void settle(const uuid& id) noexcept;
    void perform(const member::action& a);
    void fetch(const waiting_fetch& f);
    void answer(const waiting_fetch& f);
    bool asks_directory() const;
    void fetched(std::uint64_t ticket, const uuid& id, bool take, const std::optional<std::string>& value);
    void poll();
    void connection_lost(const std::string& why);

    const options options_;
    const std::function<time_point()> now_;
    std::function<void(const uuid&, const std::string&)> announced_;
    std::function<void(const uuid&)> withdrawn_;
    std::function<void(const uuid&, bool, const std::string&)> end_;

    mutable std::mutex using_; // guards the members below
    member member_;
    std::unique_ptr<store> store_; // once started
    std::unordered_map<uuid, std::function<void(placed)>> placing_;
    std::unordered_map<std::uint64_t, pending_fetch> fetches_;
    std::vector<waiting_fetch> waiting_fetches_;
    bool inheriting_ = false;
    std::unordered_set<uuid> settled_; // while inheriting: has arrived or was withdrawn, so it is not inherited
    std::uint64_t next_ticket_ = 0;
    std::string why_away_;
    std::uint64_t connections_ = 0;
    std::uint64_t failures_ = 0;
    std::uint64_t bad_reported_ = 0;
    std::vector<std::string> news_;
    bool stopped_ = false;
};

} // namespace audiosocket::app::directory
