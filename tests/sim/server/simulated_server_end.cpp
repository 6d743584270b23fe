// SPDX-License-Identifier: Apache-2.0
#include "sim/server/simulated_server.hpp"

#include <gtest/gtest.h>

#include <unistd.h>

// The ways in which a server ends. Afterwards nothing of it is left.

namespace audiosocket::sim {
namespace {

using namespace std::chrono_literals;
namespace asio = boost::asio;

// Descriptors of a server without connections: three a thread, one for its calls, and the listening socket.
constexpr std::size_t descriptors_a_thread = 4;

} // namespace

void simulated_server::end() {
    is_ending_ = true;
    world_.fail_accept(0);
    world_.set_files_max(1024);
    if (random_.one_in(3)) probe();
    switch (static_cast<ending>(random_.below(5))) {
    case ending::drain: drain(); break;
    case ending::drain_with_timeout: drain(); break;
    case ending::hand_over: hand_over(); break;
    case ending::close: server_.reset(); break;
    case ending::destroy: return; // with its calls
    }
    // Everything that the peers and the applications still do ends by itself, or by the deadlines.
    hang_up_callers();
    const auto all_over = [this] {
        for (const auto& [number, one] : lines_)
            if (one->app && !one->app->has_ended()) return false;
        return (!server_ || server_->calls_in_progress() == 0) && (!successor_ || successor_->calls_in_progress() == 0);
    };
    world_.run_until(all_over, 40s);
    world_.run_for(10s);
    if (server_) {
        EXPECT_EQ(server_->calls_in_progress(), 0U) << "calls never ended" << open_calls();
        EXPECT_EQ(server_->listening().statistics().handshakes, 0U);
    }
    if (successor_) {
        EXPECT_EQ(successor_->calls_in_progress(), 0U) << "calls of the successor never ended";
        successor_.reset();
    }
    server_.reset();
    world_.run_for(2s);
    for (auto& [number, one] : lines_)
        if (one->app && one->app->has_ended()) one->app->drop();
    EXPECT_LE(world_.open_descriptors(), descriptors_a_thread * threads_.size()) << "a connection is still open";
}

void simulated_server::drain() {
    const bool has_timeout = random_.one_in(2);
    const nanoseconds timeout = has_timeout ? random_.between(nanoseconds{}, nanoseconds(5s)) : nanoseconds::max();
    const nanoseconds began = world_.now();
    int reports = 0;
    server_->async_drain(timeout, [this, &reports, has_timeout](boost::system::error_code error, drain_report r) {
        ++reports;
        drained_ = true;
        EXPECT_FALSE(error) << error.message();
        EXPECT_EQ(server_->calls_in_progress(), 0U) << "drained with calls in progress";
        if (!has_timeout) {
            EXPECT_EQ(r.hung_up, 0U);
        }
    });
    if (!has_timeout)
        for (auto& [number, one] : lines_) {
            if (one->good) one->good->hang_up();
            if (one->bad) one->bad->leave();
        }
    world_.run_until([&] { return reports > 0; }, has_timeout ? timeout + 60s : nanoseconds(60s));
    EXPECT_EQ(reports, 1) << "the drain did not complete, with " << server_->calls_in_progress() << " calls and "
                          << server_->listening().statistics().handshakes << " handshakes";
    const auto lost = world_.lost_time(*threads_.front()) + world_.lost_time(*homes_.back());
    if (has_timeout && reports == 1 && !trouble_.bad_machine) {
        EXPECT_LE(world_.now() - began,
                  timeout + options_.call.send_timeout + options_.call.hangup_timeout + 1s + lost);
    }
    // Nothing is accepted any more.
    const auto before = server_->listening().statistics().connections;
    remote& late = world_.connect({asio::ip::make_address("10.0.0.1"), next_port_++}, port_);
    world_.run_for(3s);
    EXPECT_TRUE(late.was_reset()) << "a connection after the drain was not refused";
    EXPECT_EQ(server_->listening().statistics().connections, before);
}

// Another server takes over the listening socket, and the first drains.
void simulated_server::hand_over() {
    successor_ = std::make_unique<call_server>(
        *threads_.front(), listening_socket::adopt(file_descriptor(::dup(server_->listening().socket().descriptor()))),
        [this](call c) { on_call(std::move(c)); }, options_, homes_);
    bool drained = false;
    server_->async_drain(random_.between(nanoseconds{}, nanoseconds(5s)),
                         [&](boost::system::error_code error, drain_report) {
                             drained = true;
                             EXPECT_FALSE(error) << error.message();
                         });
    to_connect_ = 10;
    connect_later();
    world_.run_until([&] { return drained; }, 60s);
    EXPECT_TRUE(drained);
    EXPECT_EQ(server_->calls_in_progress(), 0U);
    server_.reset();
    world_.run_for(3s);
    EXPECT_GT(successor_->listening().statistics().connections, 0U) << "the successor accepted nothing";
}

void simulated_server::hang_up_callers() {
    to_connect_ = -1;
    for (auto& [number, one] : lines_) {
        if (one->good) one->good->hang_up();
        if (one->bad) one->bad->leave();
    }
}

} // namespace audiosocket::sim
