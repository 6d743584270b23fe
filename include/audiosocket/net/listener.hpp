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

/// Listens for connections and answers calls.
///
/// \code
/// boost::asio::io_context io;
/// listener calls{io, {"", 9092}};
/// calls.async_accept([](boost::system::error_code error, call c) { ... });
/// io.run();
/// \endcode
///
/// The listener accepts connections and reads their ids itself; async_accept returns the calls in progress. A call that
/// the application has not accepted yet counts towards calls_max.
///
/// Exactly one thread must run the io_context, which must outlive the listener and its calls. Closing or destroying the
/// listener does not affect calls that the application has accepted.
///
/// Threads: members that are safe from any thread say so, and need no mutex. Call the others only on the io_context.
///
/// Accepting takes at most a sixth of its thread's time, so that calls in progress keep their pace when many peers
/// connect. Other connections wait in the kernel's queue meanwhile.
///
/// To use several cores, pass the io_contexts on which the calls are to run (shards). The listener accepts and reads
/// ids on its own io_context. It gives each call to the io_context with the fewest calls, or to that of
/// listener_options::home_for.
class AUDIOSOCKET_EXPORT listener {
  public:
    /// The executor of an io_context.
    using executor_type = boost::asio::io_context::executor_type;

    /// Listens on this address (listening_socket::listen), for calls on `io`. Throws boost::system::system_error, whose
    /// text names the address, if that is not possible (port taken, host unknown, not permitted), or without the
    /// address if the system has no descriptors for `io`. Throws std::invalid_argument for options outside their
    /// documented limits.
    listener(boost::asio::io_context& io, const address& where, const listener_options& options = {});

    /// Listens on this address, for calls on `homes`. There must be at least one home, and exactly one thread must run
    /// each. Throws boost::system::system_error, whose text names the address, if listening is not possible, or without
    /// the address if the system has no descriptors for the homes. Throws std::invalid_argument for no homes, or for
    /// options outside their documented limits.
    listener(boost::asio::io_context& io, const address& where, const listener_options& options,
             std::span<boost::asio::io_context* const> homes);

    /// Uses a socket that listens already, for calls on `homes`. There must be at least one home, and exactly one
    /// thread must run each. Throws std::invalid_argument if the socket is closed, for no homes, or for options outside
    /// their documented limits, and boost::system::system_error if the system has no descriptors for the homes.
    listener(boost::asio::io_context& io, listening_socket socket, const listener_options& options,
             std::span<boost::asio::io_context* const> homes);

    /// Moves the other listener here. The other may then only be assigned to or destroyed. Waits in progress continue.
    listener(listener&& other) noexcept;

    /// Closes this listener, and moves the other here. The other may then only be assigned to or destroyed.
    listener& operator=(listener&& other) noexcept;

    /// Closes the listener, as close() does.
    ~listener();

    /// Returns the executor of the io_context on which it accepts, and on which its handlers run.
    executor_type get_executor() const noexcept;

    /// Returns the address on which it listens, with the port that the system chose for port 0. Safe from any thread.
    boost::asio::ip::tcp::endpoint local_endpoint() const;

    /// Waits for the next call. Completes with `void(boost::system::error_code, call)` on the executor associated with
    /// the handler, by default get_executor().
    ///
    /// Errors: `boost::asio::error::operation_aborted` after close() or cancellation; `boost::asio::error::in_progress`
    /// if another wait is in progress. Supports cancellation (all types); a cancelled wait loses no call.
    ///
    /// May be started on any thread. The listener may move before a deferred operation is started. If the io_context is
    /// destroyed before the handler has run, a handler without its own executor is destroyed without being called.
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

    /// Stops accepting, closes connections whose id has not arrived, and hangs up calls that the application has not
    /// accepted. A wait in progress completes with `operation_aborted`. Safe from any thread.
    void close();

    /// Stops accepting connections. Connections that were accepted before may still become calls. Waits complete with
    /// `operation_aborted` when none of them is left. Another process that has the same socket continues to listen, and
    /// no connection is lost between the two. Safe from any thread.
    void stop_accepting();

    /// Hangs up all calls of this listener as call::hang_up() does, including those that the application has accepted.
    /// Safe from any thread.
    void hang_up_all();

    /// Returns the socket on which it listens, to pass its descriptor to a successor process. The listener owns it;
    /// close() and stop_accepting() close it. Call it only on the io_context.
    const listening_socket& socket() const noexcept;

    /// Sets the options of new connections. Calls in progress keep their options. Safe from any thread. Throws
    /// std::invalid_argument for options outside their documented limits.
    void set_options(const listener_options& options);

    /// Called with a summary of refused connections. Runs on the io_context; must not throw.
    using refused_handler = std::function<void(const refusals&)>;

    /// Sets the function that is called for the first refused connection at once, then with a summary at most once a
    /// second; null removes it. Meant for logs. Safe from any thread.
    void on_refused(refused_handler handler);

    /// How many of the first bytes of a connection ended_early_handler gets at most. That is enough to recognise most
    /// protocols.
    static constexpr std::size_t first_bytes_max = 192;

    /// Called with a peer, the reason why its connection ended, and the first bytes that arrived. The bytes are valid
    /// until the function returns. Runs on the io_context; must not throw.
    using ended_early_handler = std::function<void(const boost::asio::ip::tcp::endpoint&, const ended_event&,
                                                   std::span<const std::byte> first_bytes)>;

    /// Sets the function that is called for each connection that ended before it became a call; null removes it. Meant
    /// for logs. Safe from any thread.
    void on_ended_early(ended_early_handler handler);

    /// Called when the connection of a call has closed. Runs on the io_context; must not throw.
    using call_closed_handler = std::function<void()>;

    /// Sets the function that is called when the connection of a call has closed and listener_statistics::calls_up no
    /// longer counts it; null removes it. Safe from any thread.
    void on_call_closed(call_closed_handler handler);

    /// Returns the counters of the listener. Valid as long as the listener. Call and read it only on the io_context.
    const listener_statistics& statistics() const noexcept;

  private:
    struct AUDIOSOCKET_HIDDEN impl;

    static detail::wait_source<call>& waits_of(impl& on) noexcept;
    static executor_type executor_of(const impl& on) noexcept;
    static void start_wait(impl& on, detail::completion<call> waiter);
    static void cancel(const std::weak_ptr<impl>& waiting, detail::wait_number wait);

    std::shared_ptr<impl> impl_; // shared with the accept operation and with the calls, which report their end to it
};

} // namespace audiosocket
