// SPDX-License-Identifier: Apache-2.0
#include "daemon/daemon.hpp"

#include "daemon/agent_answer.hpp"
#include "daemon/memory_watch.hpp"
#include "daemon/report_options.hpp"
#include "daemon/status_line.hpp"
#include "settings/settings_changes.hpp"

#include <audiosocket/net/detail/unless_memory_is_out.hpp>

#include <unistd.h>

#include <fmt/format.h>

#include <utility>
#include <vector>

namespace audiosocket::app {
namespace {

namespace asio = boost::asio;
using audiosocket::detail::unless_memory_is_out;

} // namespace

daemon::daemon(const daemon_options& options, settings_reader read_again, inherited_sockets& inherited,
               service_notify& manager)
    : reporting_view(report_), options_(options), inherited_(inherited), report_(report_options(options)),
      recordings_(report_, options.record_memory_bytes, options.listener.calls_max),
      reception_(std::make_shared<call_reception>(report_, registry_, recordings_, findings_, cluster_,
                                                  [this] { asio::post(io_, [this] { look_at_end(); }); })),
      service_(io_, inherited, manager),
      contexts_from_predecessor_(io_, options.admin.directory, inherited.can_read(), report_), server_(listen()),
      signals_(io_, SIGINT, SIGTERM, SIGUSR2), reload_(io_, recordings_.disk(), std::move(read_again),
                                                       [this](auto result) {
                                                           reload_result_ = std::move(result);
                                                           finish_reload();
                                                       }),
      successor_(io_), drain_timer_(io_) {
    if (reload_) signals_.add(SIGHUP);
    if (options.admin.listen)
        admin_ = std::make_unique<admin::admin_service>(options.admin, inherited.release(inherited_sockets::admin_name),
                                                        *this, registry_);
    if (options.agent_check) {
        agent_ = std::make_unique<agent_check>(
            io_, *options.agent_check, inherited.release(inherited_sockets::agent_name), [this] {
                const auto now = status_now();
                return agent_answer(
                    {now.stopping || now.leaving, now.listening.calls_up, now.calls_max, load_of_machine()});
            });
    }
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
    const auto error = service_.ready(service_status(server_->local_endpoint()), server_->contexts(),
                                      contexts_from_predecessor_.expects());
    contexts_from_predecessor_.start(service_.take_channel());
    if (error) report_.manager_unreachable(error);
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
    if (number == SIGUSR2) {
        if (!unless_memory_is_out([this] { hand_over(); })) report_.hand_over_failed("out of memory");
        return;
    }
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
    bool started = false;
    if (!unless_memory_is_out([&] { started = reload_.start(); })) return report_.reload_failed("out of memory");
    if (started) unless_memory_is_out([this] { service_.reloading(); });
}

// May find no memory; then catch_up() repeats it.
void daemon::finish_reload() {
    const auto read = reload_result_;
    if (!read) return;
    const bool serves = phase_ == phase::serving;
    if (serves && read->fresh) apply(*read->fresh);
    if (serves) service_.reloaded(service_status(server_->local_endpoint()));
    if (!serves)
        report_.reload_ignored("this process is stopping");
    else if (read->fresh)
        report_.reloaded(*reload_changes_);
    else
        report_.reload_failed(read->mistakes);
    reload_result_ = nullptr;
    reload_changes_.reset();
    if (read->asked_again) reload();
}

// Applies to new calls. Calls in progress go on as they began. After std::bad_alloc it may be called again.
void daemon::apply(const daemon_options& fresh) {
    if (fresh.verb_begins) fresh.verb_begins(server_->contexts());
    options_.adopt(fresh);
    server_->listening().set_options(fresh.listener);
    if (!reload_changes_) reload_changes_ = take_changes(options_.settings, fresh.settings);
    if (admin_) take_token(*admin_, options_.admin.token, fresh.admin.token, *reload_changes_);
    report_.change_log(report_options(fresh));
    if (fresh.remarks != options_.remarks) report_.remarks(fresh.remarks);
    options_.remarks = fresh.remarks;
}

// Starts a successor that takes over the port.
void daemon::hand_over() {
    if (phase_ != phase::serving) return report_.hand_over_ignored("this process is stopping");
    if (successor_.starting()) return report_.hand_over_ignored("a successor is starting already");
    if (has_successor_) return report_.hand_over_ignored("a successor has taken over already");
    if (contexts_from_predecessor_.expects())
        return report_.hand_over_ignored("the announced calls of the predecessor are still arriving; try again");
    // A container ends when its first process ends.
    if (getpid() == 1) return report_.hand_over_ignored("the first process of a container cannot have a successor");
    report_.handing_over(successor_.executable());
    std::vector<successor::passed_socket> sockets{
        {inherited_sockets::calls_name, server_->listening().socket().descriptor()}};
    if (admin_) sockets.push_back({inherited_sockets::admin_name, admin_->descriptor()});
    if (agent_) sockets.push_back({inherited_sockets::agent_name, agent_->descriptor()});
    successor_.start(sockets, service_.environment(), [this](const std::string& failure) { on_successor(failure); });
}

// Called when the successor accepts connections, or when it has failed.
void daemon::on_successor(const std::string& failure) {
    if (!failure.empty()) return report_.hand_over_failed(failure);
    has_successor_ = true;
    if (options_.admin.directory) contexts_to_successor_.set(successor_.take_channel(), options_.admin.directory);
    finish_hand_over();
    contexts_to_successor_.start();
}

// May find no memory; then catch_up() repeats it. Open connections without an id may still become calls of this
// process.
void daemon::finish_hand_over() {
    if (!has_successor_ || phase_ != phase::serving) return;
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

// --- Reports ---

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

} // namespace audiosocket::app
