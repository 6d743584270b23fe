// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "websocket/websocket_server.hpp"

#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/json/object.hpp>

#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

namespace audiosocket::test {

namespace ws = app::websocket;

/// A well-behaved back end: a WebSocket server on its own thread, which follows the test's script.
class scripted_back_end {
  public:
    /// An open WebSocket, and what it has received.
    struct visit {
        ws::opening_request asked;
        std::shared_ptr<ws::websocket> socket;
        std::vector<boost::json::object> texts;
        std::vector<std::int16_t> samples; ///< All binary messages joined.
        std::optional<ws::close_report> closed;

        void say(std::string_view text) { socket->send_text(text); }
        void play(std::span<const std::int16_t> audio) { socket->send_binary(std::as_bytes(audio)); }
        void close(std::uint16_t code = 1000) { socket->close(code, "over"); }

        /// Returns the first message with this text as its member `name`; null if it has not come.
        const boost::json::object* find(std::string_view name, std::string_view text) const;
    };

    /// What the back end does, all of it on its thread. Without a function it does nothing.
    struct script {
        std::function<ws::opening_answer(const ws::opening_request&)> decide{}; ///< Missing: accepts.
        std::function<void(visit&)> opened{};
        std::function<void(visit&, const boost::json::object&)> heard{}; ///< A text message.
    };

    scripted_back_end();
    explicit scripted_back_end(script what, ws::server_options options = {});
    scripted_back_end(const scripted_back_end&) = delete;
    scripted_back_end& operator=(const scripted_back_end&) = delete;
    ~scripted_back_end();

    std::uint16_t port() const noexcept { return port_; }
    std::string url(const std::string& target = "/", const std::string& scheme_and_host = "ws://127.0.0.1") const {
        return scheme_and_host + ':' + std::to_string(port_) + target;
    }

    /// Returns how many WebSockets it has accepted.
    std::size_t visits() const;

    /// Returns how many WebSockets were requested.
    std::size_t requests() const;

    /// Waits until the condition holds for visit `which`. False after five minutes: only a test that hangs is slower.
    [[nodiscard]] bool wait_for(std::size_t which, const std::function<bool(const visit&)>& condition);

    /// Does this with visit `which`, which must exist, on the back end's thread.
    void with(std::size_t which, const std::function<void(visit&)>& action);

  private:
    static constexpr std::chrono::minutes patience{5};

    ws::opening_answer accept(const ws::opening_request& asked, const std::shared_ptr<ws::websocket>& socket);
    ws::handlers handlers_of(visit& one);

    // Does something with what both threads share.
    template <class Action>
    void change(Action action) {
        {
            const std::lock_guard lock(using_);
            action();
        }
        changed_.notify_all();
    }

    const script script_;
    boost::asio::io_context io_{1};
    boost::asio::executor_work_guard<boost::asio::io_context::executor_type> working_{io_.get_executor()};
    mutable std::mutex using_;
    std::condition_variable changed_;
    std::deque<visit> visits_;
    std::size_t requests_ = 0;
    std::unique_ptr<ws::websocket_server> server_;
    std::uint16_t port_ = 0;
    std::thread thread_;
};

} // namespace audiosocket::test
