// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "gateway/back_end_link.hpp"
#include "gateway/gateway_plan.hpp"
#include "gateway/inactivity_watch.hpp"
#include "gateway/link_user.hpp"
#include "gateway/playback.hpp"
#include "gateway/turn_figures.hpp"
#include "live/live_call.hpp"

#include <audiosocket/gateway/turn_ledger.hpp>

#include <boost/asio/steady_timer.hpp>

#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace audiosocket::app::gateway {

/// One call and its back end: joins the two, and ends in order.
///
/// The back end is dialled when the call begins, or was dialled early (early_calls). When none is left, the failure
/// sound is played and the call is hung up. The caller hears the waiting sound until a back end speaks.
///
/// All of it on the executor of the call. Lives until the call and its connection have ended.
class gateway_call final : public std::enable_shared_from_this<gateway_call>, private link_user {
  public:
    gateway_call(std::shared_ptr<live_call> live, std::shared_ptr<const gateway_plan> plan, call_reporting report);
    ~gateway_call();

    void start();

  private:
    // link_user
    bool play(std::span<const std::int16_t> samples, int rate_hz) override;
    bool mark(std::string_view name) override;
    void clear() override;
    void hang_up(audiosocket::gateway::hang_up_time when, std::string_view why) override;
    void report(audiosocket::gateway::dialect_report what) override;
    void note(call_note what) override;
    void connected() override;
    void next_back_end() override;
    void no_back_end() override;
    void progressed() override;

    void wait();
    void take(const event& e);
    void handle(const event& e);
    void give_up() noexcept;
    void ended(const ended_event& e);

    void find_back_end(audiosocket::gateway::call_context announced);
    void begin(std::optional<audiosocket::gateway::call_context> announced);
    bool take_early_link();
    void leave(std::string_view why);

    void begin_hooks();
    void end_hooks(const ended_event& e);
    void deliver_results();

    void look_at_turns();
    void arm_timer();
    void on_timer();
    time_point deadline() const noexcept;

    void note(call_note::weight how, std::string name, std::string text, boost::json::object details = {});
    void report_connected();
    boost::json::object description() const;

    const std::shared_ptr<live_call> live_;
    call& call_; // of live_
    const std::shared_ptr<const gateway_plan> plan_;
    const call_reporting report_;
    const time_point began_;
    boost::asio::steady_timer timer_;
    time_point timer_at_ = time_point::max();

    audiosocket::gateway::call_context context_;
    playback playback_;
    std::shared_ptr<audiosocket::gateway::turn_ledger> turns_;
    std::shared_ptr<back_end_link> link_; // shared with the handlers of its connection
    std::optional<call_status> status_;
    std::shared_ptr<tool_calls> tools_; // shared with its requests

    inactivity_watch activity_;
    time_point duration_ends_ = time_point::max();
    std::optional<std::string_view> hung_up_because_; // the call is being hung up
    bool ended_ = false;
    bool refusal_reported_ = false;
    std::optional<clock::duration> early_; // how long before the call its back end was dialled
    turn_figures turn_figures_;
    std::uint64_t barge_ins_ = 0; // clears that cut something off
};

} // namespace audiosocket::app::gateway
