// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "gateway/web_hook.hpp"

#include <audiosocket/call/event.hpp>
#include <audiosocket/gateway/call_context.hpp>

#include <boost/asio/any_io_executor.hpp>

#include <atomic>
#include <chrono>
#include <cstddef>
#include <deque>
#include <functional>
#include <list>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace audiosocket::app::gateway {

/// What a function answered, and what of its answer is kept on a tape.
struct tool_answer {
    std::string text;      ///< For the model.
    bool is_error = false; ///< The text says why there is no result.
};

/// How functions that back ends ask for are called (--tool-url).
struct tool_plan {
    std::optional<web_hook> hook; ///< Nothing: each function fails at once.

    /// Answers in place of the web server, by the name of the function; nothing: there is no answer. For replays.
    std::function<std::optional<tool_answer>(std::string_view name)> recorded;

    /// Requests that are in progress, of all calls.
    std::shared_ptr<std::atomic<std::size_t>> in_progress = std::make_shared<std::atomic<std::size_t>>(0);
};

/// What came of a function.
struct tool_result {
    std::string id;
    std::string name;
    tool_answer answer;
    clock::duration took{};
};

/// The functions that the back end of one call asks for: posts each, and keeps the results until they are taken.
///
/// A function that cannot be called has a result as well, an error, because the model waits for it. All on the executor
/// of the call.
class tool_calls final : public std::enable_shared_from_this<tool_calls> {
  public:
    /// Requests that are in progress. Services ask for up to 16 functions at once where they allow several.
    static constexpr std::size_t calls_max = 16;

    /// The same, of all calls: each takes a connection.
    static constexpr std::size_t all_calls_max = 256;

    /// `on_result` is called when there is something to take, and never within a function of this.
    tool_calls(boost::asio::any_io_executor executor, tool_plan plan, audiosocket::gateway::call_context context,
               std::function<void()> on_result);
    tool_calls(const tool_calls&) = delete;
    tool_calls& operator=(const tool_calls&) = delete;
    ~tool_calls() { forget_all(); }

    /// `arguments` are JSON.
    void call(std::string_view id, std::string_view name, std::string_view arguments);

    /// The result is not needed any more.
    void cancel(std::string_view id);

    /// Cancels all: another back end does not know them.
    void forget_all();

    /// Whether a web server still has to answer.
    bool is_busy() const noexcept { return !pending_.empty(); }

    /// Returns the next result.
    std::optional<tool_result> take();

  private:
    struct pending {
        std::string id;
        std::string name;
        time_point since;
        std::shared_ptr<websocket::http_exchange> exchange;
    };
    using pendings = std::list<pending>;

    std::string why_not() const;
    void post(std::string_view id, std::string_view name, std::string_view arguments);
    void answered(pendings::iterator which, const websocket::post_answer& answer);
    void add(tool_result result);
    void add_later(tool_result result);
    pendings::iterator drop(pendings::iterator which);

    const boost::asio::any_io_executor executor_;
    const tool_plan plan_;
    const audiosocket::gateway::call_context context_;
    const std::function<void()> on_result_;
    pendings pending_;
    std::deque<tool_result> results_;
    unsigned epoch_ = 0; // of the back end that is to get the results
};

} // namespace audiosocket::app::gateway
