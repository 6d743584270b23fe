// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "live/visit.hpp"

#include "support/raw_peer.hpp"

#include <audiosocket/net.hpp>

#include <boost/asio/executor_work_guard.hpp>

#include <gtest/gtest.h>

#include <list>

namespace audiosocket::test {

/// Calls in progress and their observers, all on the thread of the test. Posted work runs in settle().
class admin_calls_test : public testing::Test {
  protected:
    std::shared_ptr<app::live_call> new_call() {
        auto& peer = peers_.emplace_back(listener_.local_endpoint());
        peer.send(frame(kind::id, bytes(16, std::byte{7})));
        std::shared_ptr<app::live_call> fresh;
        listener_.async_accept([&](boost::system::error_code error, call c) {
            ASSERT_FALSE(error);
            fresh = std::make_shared<app::live_call>(std::move(c));
        });
        while (!fresh)
            calls_io.run_one();
        return fresh;
    }

    std::vector<std::shared_ptr<app::live_call>> new_calls(std::size_t count) {
        std::vector<std::shared_ptr<app::live_call>> all;
        while (all.size() < count)
            all.push_back(new_call());
        return all;
    }

    /// Runs all work that can be done now.
    void settle() {
        while (calls_io.poll() + back->poll() > 0) {
        }
    }

    boost::asio::io_context calls_io{1};
    const app::back_context back = std::make_shared<boost::asio::io_context>(1);

  private:
    using work = boost::asio::executor_work_guard<boost::asio::io_context::executor_type>;

    const work calls_work_{calls_io.get_executor()};
    const work back_work_{back->get_executor()};
    listener listener_{calls_io, {"127.0.0.1", 0}, {}};
    std::list<raw_peer> peers_;
};

} // namespace audiosocket::test
