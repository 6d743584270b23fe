// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "event_queue.hpp"
#include "server_state.hpp"

#include <audiosocket/net/detail/reserved_memory.hpp>
#include <audiosocket/server/shards.hpp>

#include <boost/asio/thread_pool.hpp>

#include <atomic>
#include <memory>
#include <mutex>
#include <vector>

namespace audiosocket::c {

/// The threads of an engine, its queue and its servers.
class engine_state final : public std::enable_shared_from_this<engine_state> {
  public:
    explicit engine_state(std::size_t threads);
    engine_state(const engine_state&) = delete;
    engine_state& operator=(const engine_state&) = delete;

    /// Closes the servers, hangs up the calls, and stops the threads.
    ~engine_state();

    event_queue& queue() const noexcept { return *events_.queue; }

    /// Returns what its calls need.
    surroundings for_calls() { return {events_.queue, disk_.pool.get_executor(), weak_from_this()}; }

    /// Listens. Resolves a host name here, because the thread of the calls must not be delayed.
    void listen(const std::shared_ptr<server_state>& server, const address& where, const option_set& options);

    /// Closes a server in the background. Without memory it is closed with the engine.
    void close(const std::shared_ptr<server_state>& server) noexcept;

    /// Connects in the background, on the next of the threads.
    void connect(const std::shared_ptr<call_state>& state, const address& where, const uuid& id,
                 const connect_options& options);

  private:
    struct owned_queue {
        ~owned_queue() { queue->close(); } // when nothing is left that could push

        const std::shared_ptr<event_queue> queue = std::make_shared<event_queue>();
    };

    struct disk_thread {
        ~disk_thread() { pool.join(); } // writes what waits

        boost::asio::thread_pool pool{1};
    };

    boost::asio::io_context& home() const noexcept { return *threads_.contexts().front(); }

    audiosocket::detail::reserved_memory for_end_; // the end needs no memory
    owned_queue events_;
    disk_thread disk_; // outlives the calls, whose recordings it writes
    shards threads_;
    std::mutex mutex_;
    std::vector<std::shared_ptr<server_state>> servers_; // guarded by mutex_
    std::atomic<std::size_t> connected_{0};
};

} // namespace audiosocket::c

/// The engine behind the C interface. Servers and calls know it weakly, because they may be freed after it.
struct audiosocket_engine {
    const std::shared_ptr<audiosocket::c::engine_state> state;
};
