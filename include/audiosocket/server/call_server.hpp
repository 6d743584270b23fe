// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <audiosocket/net/listener.hpp>
#include <audiosocket/server/shards.hpp>

#include <chrono>
#include <cstddef>
#include <functional>
#include <memory>
#include <span>

namespace audiosocket {

/// How a call_server answers.
struct call_server_options {
    /// Which connections it takes, and the rules of their calls.
    listener_options listener = {};

    /// Threads that the calls live on (shards). 0: calls live on the io_context of the server, which one core can
    /// serve. At most shards::count_max.
    std::size_t threads = 0;
};

/// How the calls ended that were in progress when a drain began, or that their connections still became.
struct drain_report {
    std::size_t ended = 0;   ///< Ended by themselves.
    std::size_t hung_up = 0; ///< Hung up when the time was over, or by hang_up_all().
};

/// A server: answers calls, knows how many are in progress, and ends without cutting any off.
///
/// \code
/// boost::asio::io_context io{1};
/// call_server server{io, {"", 9092}, [](call c) { /* keep it, wait for its events */ }};
/// boost::asio::signal_set stop{io, SIGTERM};
/// stop.async_wait([&](auto, int) { server.async_drain(std::chrono::seconds(30), boost::asio::detached); });
/// io.run(); // returns when the last call has ended
/// \endcode
///
/// Threads: the io_context is run by exactly one thread. Members may be called from any thread unless they say
/// otherwise. The server must be destroyed on that thread, or while no thread runs the io_context; the io_context must
/// outlive it.
class AUDIOSOCKET_EXPORT call_server {
  public:
    /// Called for each call, on the io_context, when its id has arrived. Work for the call belongs on the call's own
    /// executor (call::get_executor()). An exception that it throws leaves through io_context::run(); the server goes
    /// on when run() is called again.
    using call_handler = std::function<void(call)>;

    /// Starts listening, and answers calls as soon as the io_context runs. Throws as the constructors of listener and
    /// shards do, and std::invalid_argument for an empty handler.
    call_server(boost::asio::io_context& io, const address& where, call_handler on_call,
                const call_server_options& options = {});

    /// Answers calls that live on `homes`, as a listener with homes does: each is run by one thread. They must outlive the
    /// server. Throws the same errors.
    call_server(boost::asio::io_context& io, const address& where, call_handler on_call,
                const listener_options& options, std::span<boost::asio::io_context* const> homes);

    /// Answers calls on a socket that listens already; see the constructor of listener that takes one. Throws the same
    /// errors.
    call_server(boost::asio::io_context& io, listening_socket inherited, call_handler on_call,
                const call_server_options& options = {});

    call_server(const call_server&) = delete;
    call_server& operator=(const call_server&) = delete;

    /// Closes the listener. Calls on the io_context of the server go on. With threads of its own
    /// (call_server_options::threads) it hangs up the calls that are still in progress and waits for them, as shards
    /// do; async_drain() first lets them end by themselves.
    ~call_server();

    /// Returns the address on which it listens, with the port that the system chose for port 0.
    boost::asio::ip::tcp::endpoint local_endpoint() const;

    /// Returns the listener, for its options, handlers, statistics and socket. async_accept and on_call_closed belong
    /// to the server. Valid as long as the server. Its members say on which threads they may be called.
    listener& listening() noexcept;

    /// Returns the same to read.
    const listener& listening() const noexcept;

    /// Returns the io_contexts that the calls live on; one thread runs each. Valid as long as the server.
    std::span<boost::asio::io_context* const> contexts() const noexcept;

    /// Returns the number of calls whose connection is open, those that are being hung up included.
    std::size_t calls_in_progress() const noexcept;

    /// Accepts no more connections and waits until all calls have ended. Connections that have not sent their id yet
    /// may still become calls (close the listener first to drop them). After `timeout` the calls that are left are hung
    /// up in order, which takes at most call_options::send_timeout and hangup_timeout more; duration::max() waits
    /// for ever.
    ///
    /// Completes with `void(boost::system::error_code, drain_report)`, with an error only where it was cancelled
    /// (`operation_aborted`; the server goes on draining) or another wait is in progress (`in_progress`).
    template <BOOST_ASIO_COMPLETION_TOKEN_FOR(void(boost::system::error_code, drain_report))
                  CompletionToken = boost::asio::deferred_t>
    [[nodiscard("nothing starts without a token: pass a handler, use_awaitable or detached")]] auto
    async_drain(std::chrono::nanoseconds timeout, CompletionToken&& token = CompletionToken()) {
        return boost::asio::async_initiate<CompletionToken, void(boost::system::error_code, drain_report)>(
            [](auto handler, std::shared_ptr<impl> server, std::chrono::nanoseconds limit) {
                auto& source = waits_of(*server);
                const auto wait = detail::connect_slot(
                    handler, source,
                    [weak = std::weak_ptr(server)](detail::wait_number cancelled) { cancel(weak, cancelled); });
                start_drain(*server, limit, {std::move(handler), executor_of(*server), wait});
            },
            token, impl_, timeout);
    }

    /// Hangs up all calls in progress in order: hangup message, FIN, and reading on for a moment. Their events go on to
    /// ended_event.
    void hang_up_all();

  private:
    struct AUDIOSOCKET_HIDDEN impl;

    static detail::wait_source<drain_report>& waits_of(impl& server) noexcept;
    static boost::asio::io_context::executor_type executor_of(const impl& server) noexcept;
    static void start_drain(impl& server, std::chrono::nanoseconds timeout, detail::completion<drain_report> waiter);
    static void cancel(const std::weak_ptr<impl>& waiting, detail::wait_number wait);

    std::shared_ptr<impl> impl_; // shared with a drain, which may outlive the initiation
};

} // namespace audiosocket
