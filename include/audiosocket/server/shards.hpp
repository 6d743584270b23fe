// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <audiosocket/export.hpp>
#include <audiosocket/net/io_thread.hpp>

#include <cstddef>
#include <memory>
#include <span>
#include <vector>

namespace audiosocket {

/// Threads that run calls, usually one for each core. Each has its own io_context.
///
/// \code
/// boost::asio::io_context io;
/// shards cores{4};
/// listener calls{io, {"", 9092}, {}, cores.contexts()};
/// calls.async_accept([](boost::system::error_code error, call c) { ... });
/// io.run();
/// \endcode
///
/// A call stays on its thread until it ends, so work for it on that thread needs no lock. Start such work with
/// `dispatch(c.get_executor(), ...)`, and use handlers without another executor for its waits. An exception of a
/// handler there ends the process, because nothing can catch it.
///
/// Lifetime: construct the shards after the listener's io_context and before the listener, and destroy them in the
/// opposite order. If the listener's io_context runs on another thread, close() the listener and wait until a wait has
/// reported `operation_aborted` before you destroy the shards. Calls may outlive the shards, and then behave as calls
/// that have ended.
class AUDIOSOCKET_EXPORT shards {
  public:
    /// The most threads. More threads than any machine has cores are a mistake.
    static constexpr std::size_t count_max = 1024;

    /// Starts the threads. Throws std::invalid_argument for 0 or more than count_max, std::system_error if the system
    /// refuses.
    explicit shards(std::size_t count);

    shards(const shards&) = delete;
    shards& operator=(const shards&) = delete;

    /// Hangs up the calls and waits until their connections are closed, in all at most io_thread::hang_up_max. Then
    /// stops the threads; io_thread says what happens to remaining calls. All threads stop before the first io_context
    /// is destroyed, so the handlers of a call may run on another of these threads.
    ~shards();

    /// Returns the number of threads. Safe from any thread.
    std::size_t size() const noexcept { return threads_.size(); }

    /// Returns the io_contexts, one for each thread, for the constructor of listener. Valid as long as this object.
    /// Safe from any thread.
    std::span<boost::asio::io_context* const> contexts() const noexcept { return contexts_; }

  private:
    std::vector<std::unique_ptr<io_thread>> threads_;
    std::vector<boost::asio::io_context*> contexts_;
};

} // namespace audiosocket
