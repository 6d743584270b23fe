// SPDX-License-Identifier: Apache-2.0
#include "daemon/daemon.hpp"

#include "admin/admin_service.hpp"
#include "base/failure.hpp"
#include "daemon/agent_answer.hpp"
#include "daemon/agent_check.hpp"
#include "daemon/call_findings.hpp"
#include "daemon/call_reception.hpp"
#include "daemon/call_recordings.hpp"
#include "daemon/cluster_link.hpp"
#include "daemon/memory_watch.hpp"
#include "daemon/repeating_timer.hpp"
#include "daemon/report_options.hpp"
#include "daemon/reporting_view.hpp"
#include "daemon/service_link.hpp"
#include "daemon/settings_reload.hpp"
#include "daemon/status_line.hpp"
#include "live/call_registry.hpp"
#include "service/successor.hpp"
#include "settings/settings_changes.hpp"

#include <audiosocket/net/detail/unless_memory_is_out.hpp>
#include <audiosocket/server/call_server.hpp>

#include <boost/asio/signal_set.hpp>

#include <unistd.h>

#include <fmt/format.h>

#include <memory>
#include <utility>
#include <vector>

namespace audiosocket::app {
namespace {

namespace asio = boost::asio;
using audiosocket::detail::unless_memory_is_out;

// How often the meters are redrawn: fast enough for speech, slow enough for a terminal.
constexpr std::chrono::milliseconds status_interval{200};

// How often counts of omitted log lines are written; the quotas count by the second.
constexpr std::chrono::seconds sum_up_interval{1};

// Threads: everything here runs on the thread that calls run(). call_reception handles what happens on the
// threads of the calls.
//
// A process goes through its phases in order and never back; it may skip any phase but the first. It ends when the
// server has drained, the registry is empty and the recordings are on disk. The registry may become empty later than
// the server, because an application may get the end event after the connection has closed.
class daemon final : public reporting_view {
  public:
    daemon(const daemon_options& options, settings_reader read_again, inherited_sockets& inherited,
           service_notify& manager);
    void run();

  private:
    enum class phase { serving, announcing, draining, hanging_up };

    // The server as the admin address sees it.
    admin::server_status status_now() const override;
    asio::io_context& main_context() noexcept override { return io_; }
    std::span<asio::io_context* const> call_contexts() noexcept override { return server_->contexts(); }

    std::unique_ptr<call_server> listen();
    void report_ready();

    void wait_for_signal();
    void on_signal(int number);
    void on_hangup_signal();
    void reload();
    void reloaded(const settings_reload::outcome& read);
    void apply(const daemon_options& fresh);
    void hand_over();
    void on_successor(const std::string& failure);

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
    asio::io_context io_{1}; // one thread runs it
    cluster_link cluster_{options_.cluster, registry_, report_, io_};
    const std::shared_ptr<call_reception> reception_;
    service_link service_;
    const std::unique_ptr<call_server> server_;
    asio::signal_set signals_;
    settings_reload reload_;
    successor successor_;
    asio::steady_timer drain_timer_;
    repeating_timer status_timer_{io_, status_interval, [this] { draw_status(); }};
    repeating_timer sum_timer_{io_, sum_up_interval, [this] { sum_up(); }};
    phase phase_ = phase::serving;
    bool stop_requested_ = false; // by a signal; a hand-over is not one
    bool waiting_ = false;        // for the last call to end
    bool drained_ = false;
    bool over_ = false;     // no call is left, and no more will come
    bool finished_ = false; // the recordings are complete as well

    std::unique_ptr<admin::admin_service> admin_; // null without an admin address
    std::unique_ptr<agent_check> agent_;          // null without an address for it
};

daemon::daemon(const daemon_options& options, settings_reader read_again, inherited_sockets& inherited,
               service_notify& manager)
    : reporting_view(report_), options_(options), inherited_(inherited), report_(report_options(options)),
      recordings_(report_, options.record_memory_bytes, options.listener.calls_max),
      reception_(std::make_shared<call_reception>(report_, registry_, recordings_, findings_, cluster_,
                                                  [this] { asio::post(io_, [this] { look_at_end(); }); })),
      service_(io_, inherited, manager), server_(listen()), signals_(io_, SIGINT, SIGTERM, SIGUSR2),
      reload_(io_, recordings_.disk(), std::move(read_again),
              [this](const settings_reload::outcome& o) { reloaded(o); }),
      successor_(io_), drain_timer_(io_) {
    if (reload_) signals_.add(SIGHUP);
    if (options.admin.listen)
        admin_ = std::make_unique<admin::admin_service>(options.admin, inherited.release(inherited_sockets::admin_name),
                                                        *this, registry_);
    if (options.agent_check)
        agent_ = std::make_unique<agent_check>(
            io_, *options.agent_check, inherited.release(inherited_sockets::agent_name), [this] {
                const auto now = status_now();
                return agent_answer(
                    {now.stopping || now.leaving, now.listening.calls_up, now.calls_max, load_of_machine()});
            });
}

void daemon::run() {
    report_.listening(server_->local_endpoint());
    report_.notes(options_.notes);
    report_.remarks(options_.remarks);
    if (admin_) report_.admin_listening(admin_->local_endpoint());
    if (agent_) report_.agent_listening(agent_->local_endpoint());
    for (const auto& name : inherited_.close_rest())
        report_.inherited_in_vain(name);
    auto& listening = server_->listening();
    listening.on_ended_early([this](const auto&... end) { findings_.ended_early(end...); });
    listening.on_refused([this](const refusals& sum) { report_.refused(sum); });
    if (options_.verb_begins) options_.verb_begins(server_->contexts());
    cluster_.start(options_, server_->local_endpoint(), admin_.get());
    wait_for_signal();
    sum_timer_.start();
    asio::post(io_, [this] { report_ready(); }); // posted, so that the loop accepts connections by then
    if (report_.interactive()) status_timer_.start();
    run_calls(io_);
    cluster_.stop();
    admin_.reset();
    if (options_.verb_warnings) report_.remarks(options_.verb_warnings(true));
    report_.finish();
}

admin::server_status daemon::status_now() const {
    return {server_->listening().statistics(), options_.listener.calls_max, options_.listener.handshakes_max,
            phase_ >= phase::draining,         recordings_.counts(),        findings_.counts(),
            server_->local_endpoint(),         phase_ == phase::announcing};
}

std::unique_ptr<call_server> daemon::listen() {
    const auto answer_each = [this](call c) { reception_->answer(std::move(c), options_); };
    const call_server_options how{options_.listener, options_.shards > 1 ? options_.shards : 0};
    auto inherited = inherited_.release(inherited_sockets::calls_name);
    if (!inherited) return std::make_unique<call_server>(io_, options_.listen, answer_each, how);
    return std::make_unique<call_server>(io_, std::move(*inherited), answer_each, how);
}

void daemon::report_ready() {
    if (const auto error = service_.ready(service_status(server_->local_endpoint()), server_->contexts()))
        report_.manager_unreachable(error);
}

// --- Signals ---

void daemon::wait_for_signal() {
    signals_.async_wait([this](auto error, int number) {
        if (error || finished_) return;
        wait_for_signal();
        on_signal(number);
    });
}

void daemon::on_signal(int number) {
    if (number == SIGUSR2) return hand_over();
    if (number == SIGHUP) return on_hangup_signal();
    if (phase_ == phase::hanging_up) _exit(1); // hanging up is already the fastest orderly end
    // SIGTERM usually comes from a service manager, which waits; SIGINT comes from a person at the terminal.
    if (number == SIGTERM && !std::exchange(stop_requested_, true))
        announce_drain("SIGTERM");
    else
        hang_up_all(number == SIGTERM ? "SIGTERM" : "SIGINT");
}

// Called on SIGHUP: reads the settings again, or stops if the terminal of this process has been closed.
void daemon::on_hangup_signal() {
    if (!report_.terminal_is_gone()) return reload();
    if (phase_ != phase::hanging_up) hang_up_all("SIGHUP"); // a terminal may send SIGHUP twice when it closes
}

void daemon::reload() {
    if (phase_ != phase::serving) return report_.reload_ignored("this process is stopping");
    if (reload_.start()) service_.reloading();
}

void daemon::reloaded(const settings_reload::outcome& read) {
    if (phase_ != phase::serving) return report_.reload_ignored("this process is stopping");
    if (read.fresh)
        apply(*read.fresh);
    else
        report_.reload_failed(read.mistakes);
    service_.reloaded(service_status(server_->local_endpoint()));
    if (read.asked_again) reload();
}

// Applies to new calls. Calls in progress go on as they began.
void daemon::apply(const daemon_options& fresh) {
    if (fresh.verb_begins) fresh.verb_begins(server_->contexts());
    options_.adopt(fresh);
    server_->listening().set_options(fresh.listener);
    auto changes = take_changes(options_.settings, fresh.settings);
    if (admin_) take_token(*admin_, options_.admin.token, fresh.admin.token, changes);
    report_.change_log(report_options(fresh));
    if (fresh.remarks != options_.remarks) report_.remarks(fresh.remarks);
    options_.remarks = fresh.remarks;
    report_.reloaded(changes);
}

// Starts a successor that takes over the port.
void daemon::hand_over() {
    if (phase_ != phase::serving) return report_.hand_over_ignored("this process is stopping");
    if (successor_.starting()) return report_.hand_over_ignored("a successor is starting already");
    // A container ends when its first process ends.
    if (getpid() == 1) return report_.hand_over_ignored("the first process of a container cannot have a successor");
    report_.handing_over(successor_.executable());
    std::vector<successor::passed_socket> sockets{
        {inherited_sockets::calls_name, server_->listening().socket().descriptor()}};
    if (admin_) sockets.push_back({inherited_sockets::admin_name, admin_->descriptor()});
    if (agent_) sockets.push_back({inherited_sockets::agent_name, agent_->descriptor()});
    successor_.start(sockets, service_.environment(), [this](const std::string& failure) { on_successor(failure); });
}

// Called when the successor accepts connections, or when it has failed. Open connections without an id may still become
// calls of this process.
void daemon::on_successor(const std::string& failure) {
    if (!failure.empty()) return report_.hand_over_failed(failure);
    service_.retire();
    tell_cluster();
    if (admin_) admin_->stop_accepting();
    if (agent_) agent_->stop();
    server_->listening().stop_accepting();
    const auto why = fmt::format("handed over to process {}", successor_.id());
    if (options_.drain_timeout.count() == 0)
        hang_up_all(why);
    else
        let_calls_end(why);
}

// --- The end ---

// Accepts calls until load balancers and other nodes know that no more are wanted, then drains.
void daemon::announce_drain(const std::string& why) {
    const bool is_known = agent_ || cluster_.is_shared();
    if (!is_known || options_.drain_notice.count() == 0 || phase_ != phase::serving) return drain(why);
    phase_ = phase::announcing;
    successor_.abandon();
    tell_cluster();
    unless_memory_is_out([&] { report_.announcing_drain(why, options_.drain_notice); });
    drain_timer_.expires_after(options_.drain_notice);
    drain_timer_.async_wait([this, why](auto error) {
        if (!error && phase_ == phase::announcing) drain(why);
    });
}

void daemon::drain(const std::string& why) {
    if (options_.drain_timeout.count() == 0) return hang_up_all(why);
    successor_.abandon();
    tell_cluster();
    server_->listening().close();
    let_calls_end(why);
}

void daemon::let_calls_end(const std::string& why) {
    report_stopping(why, options_.drain_timeout);
    if (std::exchange(phase_, phase::draining) == phase::draining) return; // the drain time runs already
    drain_timer_.expires_after(options_.drain_timeout);
    wait_for_last_call();
    drain_timer_.async_wait([this](auto error) {
        if (!error && phase_ == phase::draining && !over_) hang_up_all("--drain-timeout");
    });
}

void daemon::hang_up_all(const std::string& why) {
    phase_ = phase::hanging_up;
    successor_.abandon();
    tell_cluster();
    server_->listening().close();
    report_stopping(why, {});
    server_->hang_up_all();
    wait_for_last_call();
}

void daemon::wait_for_last_call() {
    if (waiting_) return;
    server_->async_drain(std::chrono::nanoseconds::max(), [this](auto, drain_report) {
        drained_ = true;
        finish_if_over();
    });
    waiting_ = true;
}

// Before anything else, so that the cluster sends no more calls here.
void daemon::tell_cluster() noexcept {
    unless_memory_is_out([this] { cluster_.report(true, options_.listener.calls_max); });
}

void daemon::report_stopping(const std::string& why, std::chrono::milliseconds drain_time) noexcept {
    if (options_.verb_stops) unless_memory_is_out(options_.verb_stops);
    const std::size_t calls = registry_.in_progress();
    unless_memory_is_out([&] { service_.stopping(why, calls); });
    unless_memory_is_out([&] { report_.stopping(why, calls, drain_time); });
}

// Called when a call has ended.
void daemon::look_at_end() {
    if (options_.exit_after > 0 && registry_.ended() >= options_.exit_after && phase_ == phase::serving)
        drain("--exit-after");
    finish_if_over();
}

// Does once a second what there may have been no memory for.
void daemon::catch_up() {
    if (over_) return;
    const bool is_due = clock::now() >= drain_timer_.expiry();
    if (phase_ == phase::announcing && is_due) drain("SIGTERM");
    if (phase_ == phase::draining) is_due ? hang_up_all("--drain-timeout") : wait_for_last_call();
    if (phase_ == phase::hanging_up && !drained_) {
        server_->hang_up_all();
        wait_for_last_call();
    }
    look_at_end();
}

void daemon::finish_if_over() {
    if (over_ || !drained_ || registry_.in_progress() > 0) return;
    // Runs after everything that still has to be written. Signals are handled until then, because a disk may hang.
    asio::post(recordings_.disk().get_executor(), [this] { post_back(io_, [this] { finish(); }); });
    over_ = true;
    drain_timer_.cancel();
    status_timer_.cancel();
    service_.stop_watching();
}

// Afterwards run() has nothing left to wait for.
void daemon::finish() {
    finished_ = true;
    signals_.cancel();
    sum_timer_.cancel();
    if (agent_) agent_->stop();
}

void daemon::sum_up() {
    catch_up();
    report_.sum_up();
    recordings_.sum_up();
    cluster_.report(phase_ != phase::serving, options_.listener.calls_max);
    if (options_.verb_warnings) report_.remarks(options_.verb_warnings(false));
}

void daemon::draw_status() {
    std::optional<std::chrono::nanoseconds> stops_in;
    if (phase_ == phase::draining) stops_in = drain_timer_.expiry() - clock::now();
    report_.status(status_line(registry_, stops_in));
}

} // namespace

void run_daemon(const daemon_options& options, settings_reader read_again) {
    auto inherited = inherited_sockets::take();
    auto manager = service_notify::take();
    daemon(options, std::move(read_again), inherited, manager).run();
}

} // namespace audiosocket::app
