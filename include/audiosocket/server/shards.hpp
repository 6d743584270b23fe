// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <audiosocket/export.hpp>
#include <audiosocket/net/io_thread.hpp>

#include <cstddef>
#include <memory>
#include <span>
#include <vector>

namespace audiosocket {

/// Threads for calls to live on, usually one for each core; each has an io_context of its own.
///
/// \code
/// boost::asio::io_context io;
/// shards cores{4};
/// listener calls{io, {"", 9092}, {}, cores.contexts()};
/// calls.async_accept([](boost::system::error_code error, call c) { ... });
/// io.run();
/// \endcode
///
/// A call stays on its shard for its whole life, so what is done for it there needs no lock: start it with
/// `dispatch(c.get_executor(), ...)`, and give the waits for its events handlers without an executor of their own.
/// A handler that throws there ends the program, because nothing could catch the exception.
///
/// Lifetime: they come after the listener's io_context and before the listener, as above, and go in the opposite order.
/// Where the listener's io_context runs on another thread, close() the listener and wait until a wait has reported
/// `operation_aborted` before they go. Calls may outlive them, and then behave as calls that have ended.
class AUDIOSOCKET_EXPORT shards {
  public:
    /// More threads than any machine has cores are a mistake.
    static constexpr std::size_t count_max = 1024;

    /// Starts the threads. Throws std::invalid_argument for none or more than count_max, std::system_error where the
    /// system refuses.
    explicit shards(std::size_t count);

    shards(const shards&) = delete;
    shards& operator=(const shards&) = delete;

    /// Hangs up their calls in order and waits until the connections are closed, but no longer than
    /// io_thread::hang_up_max, all threads together. Then stops the threads; see io_thread for what is left. All
    /// threads stop before the first io_context goes, so a handler may live on another of these threads than its call.
    ~shards();

    /// Returns the number of threads. Safe from any thread.
    std::size_t size() const noexcept { return threads_.size(); }

    /// Returns the io_contexts, one a thread: for the constructor of listener. Valid as long as this object. Safe from
    /// any thread.
    std::span<boost::asio::io_context* const> contexts() const noexcept { return contexts_; }

  private:
    std::vector<std::unique_ptr<io_thread>> threads_;
    std::vector<boost::asio::io_context*> contexts_;
};

} // namespace audiosocket
