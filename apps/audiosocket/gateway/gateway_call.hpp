// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "gateway/call_route.hpp"
#include "gateway/call_tape.hpp"
#include "gateway/gateway_plan.hpp"
#include "gateway/playback.hpp"
#include "live/live_call.hpp"

#include <audiosocket/gateway/bridge.hpp>
#include <audiosocket/gateway/turn_ledger.hpp>

#include <boost/asio/steady_timer.hpp>

#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace audiosocket::app::gateway {

/// One call and its back end: dials, joins the two through a bridge, falls back, and ends in order.
///
/// A connection is dialled when the call begins. If it cannot be made, is not set up in time, or is lost at any second,
/// the next place of the route is dialled; when none is left, the failure sound is played and the call is hung up. The
/// caller hears the waiting sound until a back end speaks.
///
/// All of it on the executor of the call. Lives until the call and its connection have ended.
class gateway_call final : public std::enable_shared_from_this<gateway_call>,
                           private audiosocket::gateway::dialect_output {
  public:
    gateway_call(std::shared_ptr<live_call> live, std::shared_ptr<const gateway_plan> plan, call_reporting report);

    void start();

  private:
    // dialect_output
    void send_text(std::string_view message) override;
    void send_binary(std::span<const std::byte> message) override;
    void reconnect() override;
    void ready() override;
    bool play(std::span<const std::int16_t> samples, int rate_hz) override;
    void mark(std::string_view name) override;
    void clear() override;
    void hang_up(audiosocket::gateway::hang_up_time when, std::string_view why) override;
    void fail(std::string_view why) override;
    void report(audiosocket::gateway::dialect_report what) override;

    void wait();
    void handle(const event& e);
    void ended(const ended_event& e);

    audiosocket::gateway::dialect_output& begin_tape();
    void dial();
    void redial_after(std::chrono::milliseconds pause);
    websocket::handlers handlers();
    void closed(const websocket::close_report& how);
    void lost(const std::string& why);
    void give_up();
    void leave();
    void drop_connection();
    void after_dialect();
    void close_when_confirmed();

    void begin_hooks();
    void end_hooks(const ended_event& e);
    void deliver_results();

    void follow_congestion();
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
    const time_point began_ = clock::now();
    boost::asio::steady_timer timer_;
    time_point timer_at_ = time_point::max();

    audiosocket::gateway::call_context context_;
    std::optional<call_route> route_;
    playback playback_;
    std::optional<call_tape> tape_;
    std::shared_ptr<audiosocket::gateway::turn_ledger> turns_;
    std::optional<audiosocket::gateway::bridge> bridge_;
    std::optional<call_status> status_;
    std::shared_ptr<tool_calls> tools_; // shared with its requests

    std::shared_ptr<websocket::websocket> socket_;
    time_point dialled_{};
    time_point last_sign_{};                      // of life, of the back end whose connection has ended
    time_point set_up_until_ = time_point::max(); // a session must be ready by then
    time_point redial_at_ = time_point::max();
    time_point duration_ends_ = time_point::max();
    std::optional<std::string> failed_; // the dialect has given up its connection, and we are within its call
    bool reconnecting_ = false;         // the dialect wants another connection, and we are within its call
    bool leaving_ = false;              // the call is being hung up
    bool ended_ = false;
    bool refusal_reported_ = false;
    bool is_open_ = false;
    std::uint64_t turn_count_ = 0;
    std::optional<clock::duration> last_turn_;
    std::uint64_t barge_ins_ = 0; // clears that cut something off
    clock::duration connect_time_{};
};

} // namespace audiosocket::app::gateway
