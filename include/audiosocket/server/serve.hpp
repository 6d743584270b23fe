// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <audiosocket/server/call_server.hpp>

#include <boost/asio/awaitable.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/dispatch.hpp>
#include <boost/asio/post.hpp>

#include <exception>
#include <functional>
#include <memory>
#include <string>
#include <type_traits>
#include <utility>

namespace audiosocket {

/// A call whose handler threw an exception.
struct failed_call {
    uuid id;                             ///< The id of the call.
    boost::asio::ip::tcp::endpoint peer; ///< Its other end.
    std::exception_ptr why;              ///< What the handler threw.

    /// Returns the text of the exception, for a log.
    AUDIOSOCKET_EXPORT std::string what() const;
};

/// The options of serve().
struct serve_options {
    /// The options of the listener, with the rules for each call.
    listener_options listener = {};

    /// Threads that the calls live on; see call_server_options::threads.
    std::size_t threads = 0;

    /// Called for each call whose handler threw, on the io_context of the server. It may throw, which leaves through
    /// io_context::run(). Without it the exception itself leaves through there: so it is never lost, and ends a process
    /// only where main() lets it. The server goes on when run() is called again.
    ///
    /// An exception which only says that the call is over is not a failure, and is not reported (is_end_of_call).
    std::function<void(const failed_call&)> on_failed = {};
};

/// Returns whether the exception only says that the call is over: a boost::system::system_error with
/// `usage_errc::call_ended`, or with `boost::asio::error::eof` of a wait for an event behind the last one. A coroutine
/// that asks for more of its call gets one of these, and most often has nothing to do about it.
AUDIOSOCKET_EXPORT bool is_end_of_call(const std::exception_ptr& exception) noexcept;

namespace detail {

template <class Type>
inline constexpr bool is_awaitable = false;
template <class Executor>
inline constexpr bool is_awaitable<boost::asio::awaitable<void, Executor>> = true;

/// What the calls of one server share.
template <class Handler>
struct serving {
    Handler handler;
    std::function<void(const failed_call&)> on_failed;
    boost::asio::io_context::executor_type home; // of the server
};

/// Reports an exception of a handler on the io_context of the server.
template <class Handler>
void report_failure(const std::shared_ptr<serving<Handler>>& shared, failed_call failed) {
    if (is_end_of_call(failed.why)) return;
    boost::asio::post(shared->home, [shared, what = std::move(failed)] {
        if (!shared->on_failed) std::rethrow_exception(what.why);
        shared->on_failed(what);
    });
}

/// Runs the handler on the executor of the call.
template <class Handler>
void start_handler(const std::shared_ptr<serving<Handler>>& shared, call line) {
    const auto executor = line.get_executor();
    failed_call about{line.id(), line.peer(), nullptr};
    if constexpr (is_awaitable<std::invoke_result_t<Handler&, call>>) {
        // The coroutine begins there too: what is in front of its first co_await must not run on another thread.
        auto begin = [shared, c = std::move(line)]() mutable { return shared->handler(std::move(c)); };
        auto done = [shared, about](std::exception_ptr failed) mutable { // of which `shared` outlives the coroutine
            if (!failed) return;
            about.why = std::move(failed);
            report_failure(shared, std::move(about));
        };
        boost::asio::co_spawn(executor, std::move(begin), std::move(done));
    } else {
        boost::asio::dispatch(executor, [shared, about, c = std::move(line)]() mutable {
            try {
                shared->handler(std::move(c));
            } catch (...) {
                about.why = std::current_exception();
                report_failure(shared, std::move(about));
            }
        });
    }
}

} // namespace detail

/// Answers calls with a handler, which is a function or a coroutine.
///
/// \code
/// boost::asio::awaitable<void> answer(call c) {
///     co_await c.async_play(welcome, boost::asio::use_awaitable);
/// } // the call is hung up in order
///
/// boost::asio::io_context io{1};
/// const call_server server = serve(io, {"", 9092}, answer);
/// io.run();
/// \endcode
///
/// `handler` is `void(call)` or `boost::asio::awaitable<void>(call)`. It is called for each call when its id has
/// arrived, on the executor of that call (call::get_executor()), where a coroutine stays. The call is hung up in order
/// when the coroutine ends; a function must keep the call, because dropping it hangs up. With threads
/// (call_server_options::threads) the handler is called on several threads at once, and must be safe for that.
/// The handler is kept until the server and the last of its coroutines are gone, so a lambda with captures is safe.
///
/// Exceptions: a handler that throws ends its own call, in order, and no other. The exception is reported on the
/// io_context of the server: see serve_options::on_failed. It never ends a thread of the server. That is true of the
/// handler, and of the coroutine that it is; what a completion handler throws later leaves io_context::run(), and with
/// threads ends the process.
///
/// The handler runs on the thread of its call, so it must never block, and never wait for a future of that call:
/// nothing would complete it. An application that works with futures has a listener, an io_thread for its calls, and
/// threads of its own (examples/10_blocking_ivr.cpp).
///
/// Returns the server, which cannot be moved: `auto server = serve(...)`. Throws as the constructor of call_server.
template <class Handler>
[[nodiscard]] call_server serve(boost::asio::io_context& io, const address& where, Handler handler,
                                const serve_options& options = {}) {
    static_assert(std::is_invocable_v<Handler&, call>, "serve: the handler must be callable with a call");
    using result = std::invoke_result_t<Handler&, call>;
    static_assert(std::is_void_v<result> || detail::is_awaitable<result>,
                  "serve: the handler must return void, or boost::asio::awaitable<void>");
    const auto shared = std::make_shared<detail::serving<Handler>>(
        detail::serving<Handler>{std::move(handler), options.on_failed, io.get_executor()});
    return call_server(
        io, where, [shared](call line) { detail::start_handler(shared, std::move(line)); },
        call_server_options{options.listener, options.threads});
}

} // namespace audiosocket
