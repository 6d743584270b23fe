// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "support/raw_peer.hpp"

#include <audiosocket/net.hpp>

#include <boost/asio/use_future.hpp>

#include <gtest/gtest.h>

#include <thread>

namespace audiosocket::test {

inline const uuid sample_id = uuid::parse("40325ec2-5efd-4bd3-805f-53576e581d13");

inline bytes id_bytes(const uuid& id = sample_id) {
    return id_message(id).to_bytes();
}

/// Waits until the condition holds; false after a time that only a hanging test needs.
template <class Condition>
bool eventually(Condition condition) {
    const auto limit = std::chrono::steady_clock::now() + std::chrono::seconds(580);
    while (!condition()) {
        if (std::chrono::steady_clock::now() > limit) return false;
        std::this_thread::sleep_for(std::chrono::milliseconds(2));
    }
    return true;
}

/// A listener on a free port, with calls on their own thread, and the test outside.
class net_test : public testing::Test {
  protected:
    void listen(const listener_options& options = {}) {
        calls_.emplace(io_.context(), address{"127.0.0.1", 0}, options);
    }

    raw_peer connect() { return raw_peer(calls_->local_endpoint()); }

    call accept() { return calls_->async_accept(boost::asio::use_future).get(); }

    /// A call in progress and its other end.
    std::pair<raw_peer, call> answered() {
        raw_peer peer = connect();
        peer.send(id_bytes());
        return {std::move(peer), accept()};
    }

    static event next(call& c) { return c.async_next_event(boost::asio::use_future).get(); }

    /// Skips to the next event of this type. The end of the call ends the wait with a failure.
    template <class Event>
    static Event next_of(call& c) {
        for (;;) {
            event e = next(c);
            if (auto* wanted = std::get_if<Event>(&e)) return *wanted;
            if (std::holds_alternative<ended_event>(e)) {
                ADD_FAILURE() << "the call ended first: " << name(std::get<ended_event>(e).reason);
                return {};
            }
        }
    }

    /// Runs a function on the thread of the calls.
    template <class Function>
    auto on_io(Function f) {
        return boost::asio::post(io_.context(), boost::asio::use_future(std::move(f))).get();
    }

    listener_statistics counted() {
        return on_io([this] { return calls_->statistics(); });
    }

    io_thread io_;
    std::optional<listener> calls_;
};

} // namespace audiosocket::test
