// SPDX-License-Identifier: Apache-2.0
#include "daemon/daemon.hpp"

#include <audiosocket/net/detail/unless_memory_is_out.hpp>

#include <utility>

// How a daemon ends: it announces its drain, drains, hangs up, and completes the recordings.

namespace audiosocket::app {
namespace {

namespace asio = boost::asio;
using audiosocket::detail::unless_memory_is_out;

} // namespace

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
    unless_memory_is_out([this] { finish_hand_over(); });
    unless_memory_is_out([this] { contexts_to_successor_.start(); });
    unless_memory_is_out([this] { successor_.look_at_end(); });
    unless_memory_is_out([this] { finish_reload(); });
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
    contexts_from_predecessor_.stop();
    if (agent_) agent_->stop();
}

} // namespace audiosocket::app
