// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "admin/call_directory.hpp"
#include "admin/guard.hpp"
#include "admin/hang_up_request.hpp"
#include "admin/health.hpp"
#include "admin/metrics.hpp"
#include "admin/observers.hpp"
#include "admin/outlines.hpp"
#include "admin/target.hpp"

namespace audiosocket::app::directory {
class cluster_node;
}

namespace audiosocket::app::admin {

/// The responses of the admin address (docs/monitoring.md has the list).
///
/// Used on one thread, that of `back`.
class site {
  public:
    /// `directory`, `of_verb` and `cluster` may be null.
    site(server_view& server, const call_registry& calls, guard who, back_context back,
         std::shared_ptr<call_directory> directory, more_metrics of_verb = nullptr,
         std::shared_ptr<directory::cluster_node> cluster = nullptr);

    /// Answers at once, or when the threads of the calls have answered. If a thread does not answer, there is no
    /// response, and the caller of this function has to stop waiting.
    void answer(const request& r, const own_counters& own, reply respond);

    /// Replaces the token for further requests.
    void change_token(std::string token) { guard_.change_token(std::move(token)); }

    /// Called once a second.
    void sweep() {
        health_.look();
        observers_.sweep();
        outlines_.sweep();
    }

  private:
    enum class hang_up_time { now, when_played };

    void answer_for(const target& wanted, const request& r, const own_counters& own, const reply& respond);
    void show_calls(const call_query& q, const reply& respond);
    void answer_for_call(const std::string& path, const target& wanted, const request& r, const reply& respond);
    void show_call(const uuid& id, const reply& respond);
    void answer_for_context(const uuid& id, const request& r, const reply& respond);
    void announce(const uuid& id, const request& r, const reply& respond);
    void show_outline(const uuid& id, std::uint64_t from, const reply& respond);
    void hang_up(const uuid& id, const request& r, const reply& respond);
    void hang_up(const hang_up_request& wanted, const request& r, const reply& respond);
    void hang_up(call_list calls, hang_up_time when, const uuid& id, const request& r,
                 const std::function<void()>& respond);
    template <class Action>
    void guarded(const reply& respond, Action action);
    void with_snapshot(const reply& respond, snapshots::handler then);
    call_list named(const uuid& id) const;
    reply from_any_thread(const reply& respond) const;
    std::vector<std::string> end_elsewhere(const uuid& id, hang_up_time when, const request& r);
    bool is_out_of_reach(const uuid& id) const;

    server_view& server_;
    const call_registry& calls_;
    guard guard_;
    const back_context back_;
    const std::shared_ptr<call_directory> directory_;
    const more_metrics of_verb_;
    const std::shared_ptr<directory::cluster_node> cluster_;
    snapshots snapshots_;
    health health_;
    observers observers_;
    outlines outlines_;
};

} // namespace audiosocket::app::admin
