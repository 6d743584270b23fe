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

namespace audiosocket::app::admin {

/// What the admin address answers to each request (docs/operations.md has the list).
///
/// Used on one thread, that of `back`.
class site {
  public:
    /// `directory` and `of_verb` may be null.
    site(server_view& server, const call_registry& calls, guard who, back_context back,
         std::shared_ptr<call_directory> directory, more_metrics of_verb = nullptr);

    /// Answers now or when the threads of the calls have told what is wanted. Where one of them does not, no answer
    /// comes, and whoever asked has to stop waiting.
    void answer(const request& r, const own_counters& own, reply tell);

    /// Another token from now on.
    void change_token(std::string token) { guard_.change_token(std::move(token)); }

    /// To be called once a second.
    void sweep() {
        health_.look();
        observers_.sweep();
        outlines_.sweep();
    }

  private:
    enum class hang_up_time { now, when_played };

    void answer_for(const target& wanted, const request& r, const own_counters& own, const reply& tell);
    void show_calls(const call_query& q, const reply& tell);
    void answer_for_call(const std::string& path, const target& wanted, const request& r, const reply& tell);
    void show_call(const uuid& id, const reply& tell);
    void answer_for_context(const uuid& id, const request& r, const reply& tell);
    void announce(const uuid& id, const request& r, const reply& tell);
    void show_outline(const uuid& id, std::uint64_t from, const reply& tell);
    void hang_up(const uuid& id, const request& r, const reply& tell);
    void hang_up(const hang_up_request& wanted, const request& r, const reply& tell);
    void hang_up(call_list calls, hang_up_time when, const uuid& id, const request& r,
                 const std::function<void()>& tell);
    template <class Action>
    void guarded(const reply& tell, Action action);
    void with_snapshot(const reply& tell, snapshots::handler then);
    call_list named(const uuid& id) const;

    server_view& server_;
    const call_registry& calls_;
    guard guard_;
    const back_context back_;
    const std::shared_ptr<call_directory> directory_;
    const more_metrics of_verb_;
    snapshots snapshots_;
    health health_;
    observers observers_;
    outlines outlines_;
};

} // namespace audiosocket::app::admin
