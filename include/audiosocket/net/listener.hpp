#pragma once

#include <audiosocket/net/address.hpp>
#include <audiosocket/net/call.hpp>

#include <functional>
#include <span>

namespace audiosocket {

/// What a listener has to know.
struct listener_options {
    /// The rules for each call.
    audiosocket::call_options call;

    /// Calls up at once. Further connections are closed as soon as they come, before anybody has read their id: for the
    /// dialplan a failure, so that it can go elsewhere. The default stays below the 1,024 open files that a process may
    /// have where nobody raised the limit.
    std::size_t calls_max = 800;

    /// Connections that have not said their id yet. Asterisk says it at once, so when there are more, the oldest is the
    /// best one to close (protocol_errc::id_timeout): silent connections cannot keep callers out.
    std::size_t handshakes_max = 100;
};

/// What a listener has counted.
struct listener_statistics {
    std::uint64_t connections = 0;   ///< Connections accepted, whatever became of them.
    std::uint64_t calls = 0;         ///< Those that became calls.
    std::uint64_t refused = 0;       ///< Closed at once because calls_max calls were up.
    std::uint64_t evicted = 0;       ///< Closed before their id because too many others came after them.
    std::uint64_t never_started = 0; ///< Ended before their id, for any reason.
    std::uint64_t accept_errors = 0; ///< Times the system refused to accept (no descriptors, no memory).
    std::size_t calls_up = 0;        ///< Up now.
    std::size_t handshakes = 0;      ///< Waiting for their id now.
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

    /// Is told of each connection that ended before it was a call, on the io_context: its peer and why. For logs. It
    /// must not throw.
    using ended_early_handler = std::function<void(const boost::asio::ip::tcp::endpoint&, const ended_event&)>;
    void on_ended_early(ended_early_handler handler);

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

    std::shared_ptr<impl> impl_; // shared with the accept operation and the calls, which count down when they end
};

} // namespace audiosocket
