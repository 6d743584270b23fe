// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "gateway/call_route.hpp"
#include "gateway/call_tape.hpp"
#include "gateway/gateway_plan.hpp"
#include "gateway/link_user.hpp"

#include <audiosocket/gateway/bridge.hpp>
#include <audiosocket/gateway/round_trip.hpp>

#include <boost/asio/any_io_executor.hpp>

#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace audiosocket::app::gateway {

/// The back end of one call: dials it, speaks its dialect through a bridge, and dials the next one when it fails.
///
/// If a connection cannot be made, is not set up in time, or is lost at any second, the next place of the route is
/// dialled, until none is left. What the back end asks for goes to the link_user. That may change: an early link
/// (early_call) begins before its call has arrived.
///
/// No timer: call tick() at the deadline(). All of it on one executor. The handlers of a connection keep it alive.
class back_end_link final : public std::enable_shared_from_this<back_end_link>,
                            private audiosocket::gateway::dialect_output {
  public:
    /// A back end that closes in order has failed if it has neither spoken nor called a function, and was given no key
    /// and less than this of the caller: a word, and the pause behind it. It closed because it could not serve, not
    /// because it was done.
    static constexpr std::chrono::seconds heard_least{2};

    /// `context` is as it was announced. `user` must live until forget_user() or leave(). Throws failure (usage) where
    /// the context names no back end that may be dialled, and std::invalid_argument as make_dialect().
    back_end_link(boost::asio::any_io_executor executor, std::shared_ptr<const gateway_plan> plan,
                  audiosocket::gateway::call_context context, link_user& user);

    /// Dials. Once.
    void start();

    /// From now on `user` is asked.
    void serve(link_user& user) noexcept { user_ = &user; }

    // --- The call ---

    /// An event of the call, but ended_event.
    void happened(const event& e);

    /// The caller's last turn was answered.
    void turned(const audiosocket::gateway::turn& one);

    /// The result of a function.
    void tool_result(const tool_result& result);

    /// The call is being hung up: nothing is dialled any more.
    void stop();

    /// The call has ended: the connection is closed in order, as soon as the back end has confirmed the end.
    void call_ended(const ended_event& e);

    /// The user goes, and is asked for nothing more. The connection is given up with the next message, if the call has
    /// not ended.
    void forget_user() noexcept { user_ = nullptr; }

    /// The same, and gives the connection up at once.
    void leave();

    /// The same, where something has failed: whether or not the call has ended, and as far as there is memory.
    void give_up() noexcept;

    // --- Time ---

    /// When tick() is to be called; time_point::max() if never.
    time_point deadline() const noexcept;
    void tick(time_point now);

    // --- For those who look ---

    bool is_ready() const noexcept { return bridge_->is_ready(); }
    bool is_fallback() const noexcept { return route_.is_fallback(); }

    /// Whether a connection is open or being dialled, rather than lost.
    bool is_connected() const noexcept { return socket_ != nullptr; }

    /// What its pings say of the network to it.
    const audiosocket::gateway::round_trip& round_trip() const noexcept { return round_trip_; }

    /// From the dialling to the session, of the last session.
    clock::duration connect_time() const noexcept { return connect_time_; }

    /// The address of the back end without secrets; nothing where none is left.
    std::optional<std::string> name() const;

    const audiosocket::gateway::bridge_statistics& statistics() const noexcept { return bridge_->statistics(); }

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

    audiosocket::gateway::dialect_output& begin_tape();
    void dial();
    void redial_after(std::chrono::milliseconds pause);
    websocket::handlers handlers();
    void closed(const websocket::close_report& how);
    void lost(const std::string& why);
    bool has_served() const noexcept;
    bool is_abandoned();
    void drop_connection();
    void settle();
    void heard();
    void note(call_note::weight how, std::string name, std::string text, boost::json::object details = {});

    const boost::asio::any_io_executor executor_;
    const std::shared_ptr<const gateway_plan> plan_;
    link_user* user_; // null: it has gone
    call_route route_;
    const audiosocket::gateway::call_context context_;
    std::optional<call_tape> tape_;
    std::optional<audiosocket::gateway::bridge> bridge_;

    std::shared_ptr<websocket::websocket> socket_;
    time_point dialled_{};
    time_point last_sign_{};                      // of life, of the back end whose connection has ended
    time_point set_up_until_ = time_point::max(); // a session must be ready by then
    time_point redial_at_ = time_point::max();
    time_point close_at_ = time_point::max();                // the call has ended
    audiosocket::gateway::bridge_statistics before_session_; // what was counted when the dialect was new
    std::optional<std::string> failed_; // the dialect has given up its connection, and we are within its call
    bool reconnecting_ = false;         // the dialect wants another connection, and we are within its call
    bool is_open_ = false;
    bool stopped_ = false;
    bool ended_ = false;
    clock::duration connect_time_{};
    audiosocket::gateway::round_trip round_trip_;
};

} // namespace audiosocket::app::gateway
