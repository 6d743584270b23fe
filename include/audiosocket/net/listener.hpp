#pragma once

#include <audiosocket/net/address.hpp>
#include <audiosocket/net/call.hpp>
#include <audiosocket/net/listener_options.hpp>

#include <functional>
#include <span>

namespace audiosocket {

/// A TCP socket that listens already: inherited from whoever started this process (socket activation, a predecessor).
struct listening_socket {
    int descriptor = -1;
};

/// What a listener has counted.
struct listener_statistics {
    std::uint64_t connections = 0;     ///< Connections accepted, whatever became of them.
    std::uint64_t calls = 0;           ///< Those that became calls.
    std::uint64_t refused = 0;         ///< Reset at once, for one of the next three reasons.
    std::uint64_t refused_network = 0; ///< ... not from a network that may call.
    std::uint64_t refused_full = 0;    ///< ... because calls_max calls were up.
    std::uint64_t refused_host = 0;    ///< ... because of calls_per_host_max.
    std::uint64_t refused_files = 0;   ///< ... because open files were running out.
    std::uint64_t evicted = 0;         ///< Closed before their id because too many others came after them.
    std::uint64_t never_started = 0;   ///< Ended before their id, for any reason.
    std::uint64_t accept_errors = 0;   ///< Times the system refused to accept (no descriptors, no memory).
    std::size_t calls_up = 0;          ///< Up now.
    std::size_t handshakes = 0;        ///< Waiting for their id now.
};

/// Answers calls.
///
/// \code
/// boost::asio::io_context io;
/// listener calls{io, {"", 9092}};
/// calls.async_accept([](boost::system::error_code error, call c) { ... });
/// io.run();
/// \endcode
///
/// Accepting goes on by itself: connections are taken and their ids read as they come; async_accept hands out those
/// that are up. A call that is never asked for costs one of calls_max.
///
/// The io_context must be run by exactly one thread and outlive the listener and its calls. Closing or destroying the
/// listener leaves calls that were handed out alone.
///
/// However many connect, accepting gets a sixth of its thread's time; the others wait in the kernel's queue
/// meanwhile, and live calls keep their pace.
///
/// To use several cores, give it the io_contexts that the calls are to live on (shards): it still accepts, and reads
/// ids, on the first one, and hands each call to the one that has the fewest.
class AUDIOSOCKET_EXPORT listener {
  public:
    /// Starts listening. An empty host means every address, IPv6 and IPv4. Throws boost::system::system_error, whose
    /// text names the address, where that is not possible (port taken, host unknown, not permitted), and
    /// std::invalid_argument for options that make no sense.
    listener(boost::asio::io_context& io, const address& where, const listener_options& options = {});

    /// The same for calls that live on these, each of which is run by exactly one thread.
    listener(boost::asio::io_context& io, const address& where, const listener_options& options,
             std::span<boost::asio::io_context* const> homes);

    /// The same on a socket that listens already, which the listener then owns. Throws std::invalid_argument where it
    /// is none, or not TCP; it is the caller's still then.
    listener(boost::asio::io_context& io, listening_socket inherited, const listener_options& options,
             std::span<boost::asio::io_context* const> homes);

    listener(listener&&) noexcept;
    listener& operator=(listener&&) noexcept;
    ~listener();

    /// Where it listens; tells the port where 0 was asked for. Safe from any thread.
    boost::asio::ip::tcp::endpoint local_endpoint() const;

    /// Waits for the next call. Completes with `void(boost::system::error_code, call)`; after close() with
    /// `boost::asio::error::operation_aborted`. One wait at a time; a second one completes with
    /// `boost::asio::error::in_progress`. Supports cancellation (all types).
    template <class CompletionToken>
    auto async_accept(CompletionToken&& token) {
        return boost::asio::async_initiate<CompletionToken, void(boost::system::error_code, call)>(
            [this](auto handler) { this->next_call(std::move(handler)); }, token);
    }

    /// Takes no more connections, and drops those without an id. Safe from any thread, like async_accept.
    void close();

    /// Takes no more connections, but those that are there may still become calls: waits complete with
    /// `operation_aborted` only when there are none of them left. Another process that has the same socket goes on
    /// listening, and no connection is lost between the two. Safe from any thread.
    void stop_accepting();

    /// Hangs up all calls of this listener in order, those that were handed out included: hangup message, FIN, and
    /// reading on for a moment. Safe from any thread.
    void hang_up_all();

    /// The socket it listens on, to be handed to a successor; it stays the listener's. -1 where it listens no more.
    /// Only on the io_context.
    listening_socket socket() const noexcept;

    /// From now on these hold, for those who come; who is in stays, by the rules of his time. Safe from any thread.
    /// Throws std::invalid_argument for options that make no sense.
    void set_options(const listener_options& options);

    /// Is told of refusals, on the io_context: of the first at once, of those that follow in sums, once a second. For
    /// logs. It must not throw.
    using refused_handler = std::function<void(const refusals&)>;
    void on_refused(refused_handler handler);

    /// Is told of each connection that ended before it was a call, on the io_context: its peer and why. For logs. It
    /// must not throw.
    using ended_early_handler = std::function<void(const boost::asio::ip::tcp::endpoint&, const ended_event&)>;
    void on_ended_early(ended_early_handler handler);

    /// Called on the io_context when the connection of a call has closed and is no longer counted in
    /// listener_statistics::calls_up; null to stop. It must not throw.
    using call_closed_handler = std::function<void()>;
    void on_call_closed(call_closed_handler handler);

    /// Only on the io_context.
    const listener_statistics& statistics() const noexcept;

  private:
    struct AUDIOSOCKET_HIDDEN impl;

    template <class Handler>
    void next_call(Handler handler) {
        auto slot = boost::asio::get_associated_cancellation_slot(handler);
        if (slot.is_connected())
            slot.assign([waiting = std::weak_ptr(impl_)](boost::asio::cancellation_type) { cancel(waiting); });
        start_wait({std::move(handler), executor()});
    }

    boost::asio::io_context::executor_type executor() const noexcept;
    void start_wait(detail::completion<call> waiter);
    static void cancel(const std::weak_ptr<impl>& waiting);

    void begin(const listener_options& options);

    std::shared_ptr<impl> impl_; // shared with the accept operation and the calls, which count down when they end
};

} // namespace audiosocket
