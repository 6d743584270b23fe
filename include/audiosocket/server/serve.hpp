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
    boost::asio::ip::tcp::endpoint peer; ///< The address of its peer.
    std::exception_ptr why;              ///< What the handler threw.

    /// Returns the text of the exception, to be logged.
    AUDIOSOCKET_EXPORT std::string what() const;
};

/// The options of serve().
struct serve_options {
    /// The options of the listener, with the options of each call.
    listener_options listener = {};

    /// How many threads run the calls; see call_server_options::threads.
    std::size_t threads = 0;

    /// Called for each call whose handler threw, on the io_context of the server. If it throws, that exception leaves
    /// io_context::run(). If it is empty, the exception of the handler leaves io_context::run(), so it is never lost
    /// and main() can catch it. The server continues when run() is called again.
    ///
    /// An exception that only says that the call has ended (is_end_of_call) is not a failure and is not reported.
    std::function<void(const failed_call&)> on_failed = {};
};

/// Returns whether the exception only says that the call has ended: a boost::system::system_error with
/// `usage_errc::call_ended`, or with `boost::asio::error::eof` from a wait after the last event. A coroutine that uses
/// a call after its end gets one of these, and usually need not handle it.
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
        // The coroutine begins there too: code before its first co_await must not run on another thread.
        auto begin = [shared, c = std::move(line)]() mutable { return shared->handler(std::move(c)); };
        auto done = [shared, about](std::exception_ptr failed) mutable { // its `shared` outlives the coroutine
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
/// } // then the call is hung up
///
/// boost::asio::io_context io{1};
/// const call_server server = serve(io, {"", 9092}, answer);
/// io.run();
/// \endcode
///
/// `handler` is `void(call)` or `boost::asio::awaitable<void>(call)`. It is called for each call when its id has
/// arrived, on the executor of that call (call::get_executor()), and a coroutine stays there. The call is hung up when
/// the coroutine ends. A function must keep the call, because destroying it hangs up.
///
/// With threads (call_server_options::threads) the handler is called on several threads at once, and must be safe for
/// that. The handler is kept until the server and all of its coroutines have ended, so a lambda with captures is safe.
///
/// Exceptions: a handler that throws ends its own call and no other. The exception is reported on the io_context of the
/// server (serve_options::on_failed). It never ends a thread of the server. This is true of a function and of a
/// coroutine, but not of other completion handlers: what they throw leaves io_context::run(), and with threads ends the
/// process.
///
/// The handler runs on the thread of its call, so it must never block. It must never wait for a future of that call,
/// because that future could not complete. To work with futures, use a listener, an io_thread for the calls, and
/// threads of your own (examples/10_blocking_ivr.cpp).
///
/// Returns the server, which cannot be moved: `auto server = serve(...)`. Throws as the constructor of call_server
/// does.
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
