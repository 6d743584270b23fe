// SPDX-License-Identifier: Apache-2.0
#include "sim/server/simulated_server.hpp"

#include <gtest/gtest.h>

// What must be true of a server: after each step, twice a second, and at the end.

namespace audiosocket::sim {

using namespace std::chrono_literals;

void simulated_server::check_step() {
    for (std::size_t i = 0; i < last_.size(); ++i) {
        const auto* const server = i == 0 ? server_.get() : successor_.get();
        if (server == nullptr) continue;
        const auto& now = server->listening().statistics();
        check_limits(last_[i], now);
        last_[i] = now;
    }
}

void simulated_server::check_limits(const listener_statistics& before, const listener_statistics& now) {
    if (now.calls_up > options_.calls_max || now.handshakes > options_.handshakes_max)
        ADD_FAILURE() << now.calls_up << " calls of " << options_.calls_max << ", " << now.handshakes
                      << " handshakes of " << options_.handshakes_max;
    const bool was_full = before.calls_up == options_.calls_max && now.calls_up == options_.calls_max &&
                          before.calls == now.calls; // no call has ended, because none has begun
    if (was_full && now.handshakes > before.handshakes)
        ADD_FAILURE() << "a connection was not refused at once, with " << now.calls_up << " calls in progress";
}

// Checks that callers get a call at once, and that no connection without an id is kept.
void simulated_server::check_waiting() {
    for (auto& [number, one] : lines_) {
        const remote& c = *one->connection;
        if (!c.is_connected() || one->app || c.is_over() || one->wire->has_ended()) {
            one->waits_since.reset();
            continue;
        }
        if (!one->waits_since) one->waits_since = world_.now();
        const nanoseconds waited = world_.now() - *one->waits_since;
        if (!is_healthy()) continue;
        if (one->good && one->was_undisturbed && waited > 200ms)
            ADD_FAILURE() << "caller " << number << " waits for its call";
        if (waited > options_.call.id_timeout + 1500ms)
            ADD_FAILURE() << "peer " << number << " is connected without an id";
    }
    if (!is_ending_) world_.after(500ms, [this] { check_waiting(); });
}

// Returns the calls that have not ended, in words.
std::string simulated_server::open_calls() const {
    std::string text;
    for (const auto& [number, one] : lines_)
        if (one->app && !one->app->has_ended())
            text += ", call " + std::to_string(number) + (one->good ? " of a good" : " of a hostile") + " peer" +
                    (one->connection->is_over() ? ", whose connection is over" : "");
    return text;
}

// Checks that the server still takes calls, from each host, as if it were new: nothing of earlier calls is left.
void simulated_server::probe() {
    hang_up_callers();
    world_.run_until([this] { return server_->calls_in_progress() == 0; }, 40s);
    world_.run_for(8s);
    EXPECT_EQ(server_->calls_in_progress(), 0U) << "calls never ended" << open_calls();
    for (unsigned host = 0; host < 8; ++host) {
        const auto before = calls_;
        connect(host, true);
        world_.run_for(1s);
        EXPECT_EQ(calls_, before + 1) << "host " << host << " cannot call any more";
        hang_up_callers();
        world_.run_for(4s);
    }
}

void simulated_server::check_calls() {
    for (auto& [number, one] : lines_) {
        if (!one->app) continue;
        const bool is_healthy_line = one->was_undisturbed && is_healthy();
        if (one->good && one->good->closed_in_order() && is_healthy_line) {
            EXPECT_TRUE(one->good->got_end()) << "call " << number << ": the caller closed, and got no answer";
        }
        const nanoseconds end = one->app->has_ended() ? one->app->ended_at() : world_.now();
        call_time_ += end - one->app->started_at();
        if (!one->app->has_ended()) continue;
        const auto reason = one->app->end().reason;
        const bool by_caller = one->good && (reason == end_reason::peer_hung_up || reason == end_reason::peer_reset);
        one->app->check_end(by_caller, one->good ? one->good->sent() : 0, one->good ? one->good->digits() : "");
        if (!is_healthy_line) continue;
        EXPECT_FALSE(is_failure(reason)) << "call " << number << " ended: " << name(reason) << ": "
                                         << one->app->end().error.message();
    }
}

} // namespace audiosocket::sim
