// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "admin/server_view.hpp"

#include <array>
#include <atomic>
#include <mutex>
#include <stdexcept>
#include <string>
#include <vector>

namespace audiosocket::test {

/// A server without calls. The thread that runs main_context() is its only thread.
class idle_server final : public app::admin::server_view {
  public:
    app::admin::server_status status_now() const override {
        app::admin::server_status s{{}, calls_max, 10, stopping};
        s.calls_endpoint = calls_endpoint;
        return s;
    }
    boost::asio::io_context& main_context() noexcept override { return io_; }
    std::span<boost::asio::io_context* const> call_contexts() override {
        if (to_failure > 0 && --to_failure == 0) throw std::runtime_error("out of order");
        return threads_;
    }

    void hung_up_by(const boost::asio::ip::tcp::endpoint&, const uuid&, std::size_t) override {}
    void wrong_token(const boost::asio::ip::tcp::endpoint&) override {}
    void answering_failed(const char* why) noexcept override {
        const std::lock_guard lock(telling_);
        failures_.emplace_back(why);
    }

    std::vector<std::string> failures() const {
        const std::lock_guard lock(telling_);
        return failures_;
    }

    std::size_t calls_max = 10;
    bool stopping = false;
    boost::asio::ip::tcp::endpoint calls_endpoint{boost::asio::ip::make_address("192.0.2.7"), 9092};

    std::atomic<int> to_failure = 0; ///< For this time from now on, call_contexts() fails; 0: never.

  private:
    boost::asio::io_context io_{1};
    mutable std::mutex telling_;
    std::vector<std::string> failures_;
    const std::array<boost::asio::io_context*, 1> threads_{&io_};
};

} // namespace audiosocket::test
