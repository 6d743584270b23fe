// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "admin/admin_service.hpp"
#include "daemon/agent_check.hpp"
#include "daemon/call_findings.hpp"
#include "daemon/call_reception.hpp"
#include "daemon/call_recordings.hpp"
#include "daemon/cluster_link.hpp"
#include "daemon/context_receiver.hpp"
#include "daemon/context_sender.hpp"
#include "daemon/daemon_options.hpp"
#include "daemon/repeating_timer.hpp"
#include "daemon/reporting_view.hpp"
#include "daemon/service_link.hpp"
#include "daemon/settings_reload.hpp"
#include "live/call_registry.hpp"
#include "service/successor.hpp"

#include <audiosocket/server/call_server.hpp>

#include <boost/asio/signal_set.hpp>

#include <chrono>
#include <memory>
#include <optional>
#include <span>
#include <string>

namespace audiosocket::app {

/// A process that answers calls.
///
/// Threads: everything here runs on the thread that calls run(). call_reception handles what happens on the
/// threads of the calls.
///
/// A process goes through its phases in order and never back; it may skip any phase but the first. It ends when the
/// server has drained, the registry is empty and the recordings are on disk. The registry may become empty later than
/// the server, because an application may get the end event after the connection has closed.
class daemon final : public reporting_view {
  public:
    daemon(const daemon_options& options, settings_reader read_again, inherited_sockets& inherited,
           service_notify& manager);
    void run();

  private:
    enum class phase { serving, announcing, draining, hanging_up };

    // How often the meters are redrawn: fast enough for speech, slow enough for a terminal.
    static constexpr std::chrono::milliseconds status_interval{200};

    // How often counts of omitted log lines are written; the quotas count by the second.
    static constexpr std::chrono::seconds sum_up_interval{1};

    // The server as the admin address sees it.
    admin::server_status status_now() const override;
    boost::asio::io_context& main_context() noexcept override { return io_; }
    std::span<boost::asio::io_context* const> call_contexts() noexcept override { return server_->contexts(); }

    std::unique_ptr<call_server> listen();
    void report_ready();

    void wait_for_signal();
    void on_signal(int number);
    void on_hangup_signal();
    void reload();
    void finish_reload();
    void apply(const daemon_options& fresh);
    void hand_over();
    void on_successor(const std::string& failure);
    void finish_hand_over();

    void announce_drain(const std::string& why);
    void drain(const std::string& why);
    void let_calls_end(const std::string& why);
    void hang_up_all(const std::string& why);
    void wait_for_last_call();
    void tell_cluster() noexcept;
    void report_stopping(const std::string& why, std::chrono::milliseconds drain_time) noexcept;
    void look_at_end();
    void catch_up();
    void finish_if_over();
    void finish();

    void sum_up();
    void draw_status();

    daemon_options options_; // changed by reload()
    inherited_sockets& inherited_;
    server_report report_;
    call_registry registry_;
    call_recordings recordings_;
    call_findings findings_{report_};
    boost::asio::io_context io_{1}; // one thread runs it
    cluster_link cluster_{options_.cluster, registry_, report_, io_};
    const std::shared_ptr<call_reception> reception_;
    service_link service_;
    context_receiver contexts_from_predecessor_; // before the first call
    context_sender contexts_to_successor_{io_, report_};
    const std::unique_ptr<call_server> server_;
    boost::asio::signal_set signals_;
    settings_reload reload_;
    successor successor_;
    boost::asio::steady_timer drain_timer_;
    repeating_timer status_timer_{io_, status_interval, [this] { draw_status(); }};
    repeating_timer sum_timer_{io_, sum_up_interval, [this] { sum_up(); }};
    std::shared_ptr<const settings_reload::outcome> reload_result_; // to be applied
    std::optional<settings_changes> reload_changes_;                // what it changes, once that is known
    bool has_successor_ = false;                                    // that accepts connections
    phase phase_ = phase::serving;
    bool stop_requested_ = false; // by a signal; a hand-over is not one
    bool waiting_ = false;        // for the last call to end
    bool drained_ = false;
    bool over_ = false;     // no call is left, and no more will come
    bool finished_ = false; // the recordings are complete as well

    std::unique_ptr<admin::admin_service> admin_; // null without an admin address
    std::unique_ptr<agent_check> agent_;          // null without an address for it
};

} // namespace audiosocket::app
