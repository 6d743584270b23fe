// SPDX-License-Identifier: Apache-2.0
#include "daemon/call_reception.hpp"

#include "daemon/call_findings.hpp"
#include "daemon/call_recordings.hpp"
#include "daemon/cluster_link.hpp"
#include "live/call_registry.hpp"

#include <audiosocket/net/detail/unless_memory_is_out.hpp>

#include <boost/asio/dispatch.hpp>

#include <utility>

namespace audiosocket::app {

using audiosocket::detail::unless_memory_is_out;

// The time of a call in the registry. The verb owns it, in the functions by which it reports. So the verb cannot lose
// the call without ending its stay.
class call_reception::stay {
  public:
    stay(std::weak_ptr<call_reception> at, std::shared_ptr<live_call> whose)
        : at_(std::move(at)), call_(std::move(whose)) {}
    stay(const stay&) = delete;
    stay& operator=(const stay&) = delete;
    ~stay() {
        if (!over_) end({end_reason::connection_failed, make_error_code(boost::system::errc::not_enough_memory)});
    }

    void happened(const event& e) {
        if (const auto* last = std::get_if<ended_event>(&e)) return end(*last);
        if (const auto at = at_.lock()) at->happened(*call_, e);
    }

    void noted(const call_note& n) const {
        if (const auto at = at_.lock()) at->report_.noted(call_->line(), n);
    }

  private:
    void end(const ended_event& how) noexcept {
        over_ = true;
        if (const auto at = at_.lock()) at->ended(*call_, how);
    }

    const std::weak_ptr<call_reception> at_; // the process may end first
    const std::shared_ptr<live_call> call_;
    bool over_ = false;
};

call_reception::call_reception(server_report& report, call_registry& registry, call_recordings& recordings,
                               call_findings& findings, cluster_link& cluster, std::function<void()> left)
    : report_(report), registry_(registry), recordings_(recordings), findings_(findings), cluster_(cluster),
      left_(std::move(left)) {}

void call_reception::answer(call c, const daemon_options& options) {
    const auto fresh = std::make_shared<live_call>(std::move(c));
    if (!options.record.empty()) recordings_.record(*fresh, options.record);
    if (report_.interactive()) fresh->measure();
    findings_.judge(*fresh, options.listener.call.input);
    // The call is registered when it is complete, because requests may then reach its thread, and before its start is
    // reported.
    auto stays = std::make_shared<stay>(weak_from_this(), fresh);
    registry_.started(fresh);
    report_.started(fresh->line());
    cluster_.started(fresh->line());
    boost::asio::dispatch(fresh->line().get_executor(), [fresh, stays = std::move(stays), start = options.calls] {
        start(fresh,
              {[stays](const event& e) { stays->happened(e); }, [stays](const call_note& n) { stays->noted(n); }});
    });
}

void call_reception::happened(const live_call& c, const event& e) {
    report_.happened(c.line(), e);
}

// Carries out every step, whatever has no memory.
void call_reception::ended(live_call& c, const ended_event& end) noexcept {
    // A call that was lost before it began may end on another thread, where its counters cannot be read.
    const bool is_here = c.line().get_executor().running_in_this_thread();
    unless_memory_is_out([&] { c.finish_recording(); });
    if (is_here) unless_memory_is_out([&] { report_.ended(c.line(), end, c.age()); });
    registry_.ended(c, end, is_here ? c.line().statistics() : call_statistics{});
    cluster_.ended(c.line());
    unless_memory_is_out([&] { left_(); });
}

} // namespace audiosocket::app
