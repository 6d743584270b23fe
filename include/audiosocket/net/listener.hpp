// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <audiosocket/net/address.hpp>
#include <audiosocket/net/call.hpp>
#include <audiosocket/net/listener_options.hpp>
#include <audiosocket/net/listener_statistics.hpp>
#include <audiosocket/net/listening_socket.hpp>

#include <functional>
#include <span>

namespace audiosocket {

/// Answers calls.
///
/// \code
/// boost::asio::io_context io;
/// listener calls{io, {"", 9092}};
/// calls.async_accept([](boost::system::error_code error, call c) { ... });
/// io.run();
/// \endcode
///
/// The listener accepts connections and reads their ids by itself; async_accept hands out the calls that are in
/// progress. A call that the application never asks for counts towards calls_max.
///
/// The io_context must be run by exactly one thread and outlive the listener and its calls. Closing or destroying the
/// listener leaves the calls that were handed out alone.
///
/// Threads: members that are safe from any thread say so, and need no mutex there. The others belong on the io_context.
///
/// Accepting gets at most a sixth of its thread's time, so that calls in progress keep their pace when many peers
/// connect at once. Further connections wait in the kernel's queue meanwhile.
///
/// To use several cores, give it the io_contexts that the calls are to live on (shards). The listener accepts and reads
/// ids on the first one, and hands each call to the io_context that has the fewest calls.
class AUDIOSOCKET_EXPORT listener {
  public:
    /// The executor of an io_context.
    using executor_type = boost::asio::io_context::executor_type;

    /// Starts listening (listening_socket::listen). Throws boost::system::system_error, whose text names the address,
    /// if that is not possible (port taken, host unknown, not permitted), and std::invalid_argument for options that
    /// contradict the limits in their documentation.
    listener(boost::asio::io_context& io, const address& where, const listener_options& options = {});

    /// Starts listening, for calls that live on `homes`. Each of them is run by exactly one thread, and there must be
    /// at least one. Throws the same errors.
    listener(boost::asio::io_context& io, const address& where, const listener_options& options,
             std::span<boost::asio::io_context* const> homes);

    /// Answers calls on a socket that listens already, for calls that live on `homes`. Throws std::invalid_argument if
    /// the socket is closed, if there are no homes, or for such options.
    listener(boost::asio::io_context& io, listening_socket socket, const listener_options& options,
             std::span<boost::asio::io_context* const> homes);

    /// Takes the other listener over, which may then only be assigned or destroyed. Waits in progress go on.
    listener(listener&& other) noexcept;

    /// Closes what this listener was, and takes the other one over.
    listener& operator=(listener&& other) noexcept;

    /// Closes it; see close().
    ~listener();

    /// Returns the executor of the io_context on which it accepts, and on which its handlers run.
    executor_type get_executor() const noexcept;

    /// Returns the address on which it listens, with the port that the system chose for port 0. Safe from any thread.
    boost::asio::ip::tcp::endpoint local_endpoint() const;

    /// Waits for the next call. Completes with `void(boost::system::error_code, call)`; after close() with
    /// `boost::asio::error::operation_aborted`. One wait at a time; a second one completes with
    /// `boost::asio::error::in_progress`. Supports cancellation (all types); a cancelled wait loses no call. May be
    /// started on any thread. A deferred operation does not need the listener to stay where it is. Where the io_context
    /// goes before the handler has run, a handler without an executor of its own is destroyed without being called.
    template <BOOST_ASIO_COMPLETION_TOKEN_FOR(void(boost::system::error_code, call))
                  CompletionToken = boost::asio::deferred_t>
    [[nodiscard("nothing starts without a token: pass a handler, use_awaitable or detached")]] auto
    async_accept(CompletionToken&& token = CompletionToken()) {
        return boost::asio::async_initiate<CompletionToken, void(boost::system::error_code, call)>(
            [](auto handler, std::shared_ptr<impl> on) {
                auto& source = waits_of(*on);
                const auto wait =
                    detail::connect_slot(handler, source, [weak = std::weak_ptr(on)](detail::wait_number cancelled) {
                        cancel(weak, cancelled);
                    });
                start_wait(*on, {std::move(handler), executor_of(*on), wait});
            },
            token, impl_);
    }

    /// Accepts no more connections, drops those whose id has not arrived, and hangs up calls that no wait has taken. A
    /// wait in progress completes with `operation_aborted`. Safe from any thread.
    void close();

    /// Accepts no more connections. Those that were accepted may still become calls; waits complete with
    /// `operation_aborted` when none of them is left. Another process that has the same socket goes on listening, and
    /// no connection is lost between the two. Safe from any thread.
    void stop_accepting();

    /// Hangs up all calls of this listener in order, those that were handed out included: hangup message, FIN, and
    /// reading on for a moment. Safe from any thread.
    void hang_up_all();

    /// Returns the socket on which it listens, to pass its descriptor to a successor. The listener keeps it; it is
    /// closed after close() and stop_accepting(). Only on the io_context.
    const listening_socket& socket() const noexcept;

    /// Applies to new connections. Calls in progress keep their options. Safe from any thread. Throws
    /// std::invalid_argument for options that contradict the limits in their documentation.
    void set_options(const listener_options& options);

    /// A function that is called for refusals. Runs on the io_context; must not throw.
    using refused_handler = std::function<void(const refusals&)>;

    /// Sets the function that is called for the first refusal at once, then with a summary at most once a second; null
    /// to stop. For logs. Safe from any thread.
    void on_refused(refused_handler handler);

    /// How many of the first bytes of a connection ended_early_handler gets at most. They tell most protocols apart.
    static constexpr std::size_t first_bytes_max = 192;

    /// A function that is called with a peer, the reason why its connection ended, and the first bytes that arrived.
    /// The bytes are valid during the call. Runs on the io_context; must not throw.
    using ended_early_handler = std::function<void(const boost::asio::ip::tcp::endpoint&, const ended_event&,
                                                   std::span<const std::byte> first_bytes)>;

    /// Sets the function that is called for each connection that ended before it became a call; null to stop. For
    /// logs. Safe from any thread.
    void on_ended_early(ended_early_handler handler);

    /// A function that is called for a call whose connection has closed. Runs on the io_context; must not throw.
    using call_closed_handler = std::function<void()>;

    /// Sets the function that is called when the connection of a call has closed and is no longer counted in
    /// listener_statistics::calls_up; null to stop. Safe from any thread.
    void on_call_closed(call_closed_handler handler);

    /// Returns what it has counted. Valid as long as the listener. Only on the io_context.
    const listener_statistics& statistics() const noexcept;

  private:
    struct AUDIOSOCKET_HIDDEN impl;

    static detail::wait_source<call>& waits_of(impl& on) noexcept;
    static executor_type executor_of(const impl& on) noexcept;
    static void start_wait(impl& on, detail::completion<call> waiter);
    static void cancel(const std::weak_ptr<impl>& waiting, detail::wait_number wait);

    std::shared_ptr<impl> impl_; // shared with the accept operation and the calls, which count down when they end
};

} // namespace audiosocket
