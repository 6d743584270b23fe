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

/// The options of a call_server.
struct call_server_options {
    /// The options of its listener, with the options of each call.
    listener_options listener = {};

    /// How many threads of its own run the calls (shards), at most shards::count_max. 0: calls run on the io_context of
    /// the server, so they use one core.
    std::size_t threads = 0;
};

/// How the calls of a drain ended: those in progress when it began, and those that pending connections became.
struct drain_report {
    std::size_t ended = 0;   ///< Ended by themselves.
    std::size_t hung_up = 0; ///< Hung up when the time was over, or by hang_up_all().
};

/// Answers calls, knows how many are in progress, and can end without cutting off a call.
///
/// \code
/// boost::asio::io_context io{1};
/// call_server server{io, {"", 9092}, [](call c) { /* keep it, wait for its events */ }};
/// boost::asio::signal_set stop{io, SIGTERM};
/// stop.async_wait([&](auto, int) { server.async_drain(std::chrono::seconds(30), boost::asio::detached); });
/// io.run(); // returns when the last call has ended
/// \endcode
///
/// Threads: exactly one thread runs the io_context. Members may be called from any thread unless they say otherwise.
///
/// Lifetime: destroy the server on that thread, or while no thread runs the io_context. The io_context must outlive it
/// and its calls, those on other threads included.
class AUDIOSOCKET_EXPORT call_server {
  public:
    /// Called for each call, on the io_context, when its id has arrived. Do the work for a call on its own executor
    /// (call::get_executor()). An exception of the handler leaves io_context::run(); the server continues when run() is
    /// called again.
    using call_handler = std::function<void(call)>;

    /// Listens on this address, and answers calls as soon as the io_context runs. Throws as the constructors of
    /// listener and shards do, and std::invalid_argument for an empty handler.
    call_server(boost::asio::io_context& io, const address& where, call_handler on_call,
                const call_server_options& options = {});

    /// Answers calls on a socket that listens already, for calls on `homes`. There must be at least one home, and
    /// exactly one thread must run each. The homes must outlive the server. Throws as the constructor of listener with
    /// a listening_socket does, and std::invalid_argument for an empty handler.
    call_server(boost::asio::io_context& io, listening_socket inherited, call_handler on_call,
                const listener_options& options, std::span<boost::asio::io_context* const> homes);

    /// Answers calls on a socket that listens already (see the constructor of listener with a listening_socket). Throws
    /// as the constructors of listener and shards do, and std::invalid_argument for an empty handler.
    call_server(boost::asio::io_context& io, listening_socket inherited, call_handler on_call,
                const call_server_options& options = {});

    call_server(const call_server&) = delete;
    call_server& operator=(const call_server&) = delete;

    /// Closes the listener. Calls on the io_context of the server continue. Calls on threads of its own
    /// (call_server_options::threads) are hung up, and the destructor waits for them as shards do. To let calls end by
    /// themselves, call async_drain() first.
    ~call_server();

    /// Returns the address on which it listens, with the port that the system chose for port 0.
    boost::asio::ip::tcp::endpoint local_endpoint() const;

    /// Returns the listener, to use its options, handlers, statistics and socket. Do not call async_accept and
    /// on_call_closed: the server uses them. Valid as long as the server. The members of listener say on which threads
    /// they may be called.
    listener& listening() noexcept;

    /// Returns the listener, to read its options and statistics. Valid as long as the server.
    const listener& listening() const noexcept;

    /// Returns the io_contexts of the calls; one thread runs each. Valid as long as the server.
    std::span<boost::asio::io_context* const> contexts() const noexcept;

    /// Returns the number of calls whose connection is open, those that are being hung up included.
    std::size_t calls_in_progress() const noexcept;

    /// Stops accepting connections and waits until all calls have ended. Connections that have not sent their id yet
    /// may still become calls; to drop them, close the listener first. After `timeout` the remaining calls are hung up,
    /// which takes at most call_options::send_timeout and hangup_timeout more. With duration::max() there is no
    /// timeout.
    ///
    /// Completes with `void(boost::system::error_code, drain_report)`. Errors: `operation_aborted` if the wait was
    /// cancelled (the server continues to drain), `in_progress` if another drain is in progress.
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

    /// Hangs up all calls in progress as call::hang_up() does. Their events continue up to ended_event.
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
