// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "directory/store.hpp"

#include <atomic>
#include <functional>
#include <memory>

// Forward declarations of libnats, whose header only nats_connection.cpp includes.
// NOLINTBEGIN(bugprone-reserved-identifier): libnats chose the names
struct __natsOptions;
struct __natsConnection;
struct __jsCtx;
struct __kvStore;
struct __kvWatcher;
// NOLINTEND(bugprone-reserved-identifier)

namespace audiosocket::app::directory {

/// One connection to NATS, its bucket and its watcher. Every function throws std::runtime_error when the connection is
/// of no use any more; its text names the step and what NATS said. No call takes longer than a few seconds.
///
/// next_change() may be called on another thread than write() and read().
class nats_connection {
  public:
    /// Throws std::runtime_error if a file or an address of the options cannot be used.
    static void check(const nats_options& how);

    /// Connects, in several steps that take up to two seconds each, unless `gives_up` returns true between them.
    nats_connection(const nats_options& how, std::function<bool()> gives_up);
    nats_connection(const nats_connection&) = delete;
    nats_connection& operator=(const nats_connection&) = delete;
    ~nats_connection();

    /// Returns after what time entries are removed; 0: never.
    std::chrono::nanoseconds ttl() const noexcept { return ttl_; }

    enum class change { none, entry, snapshot_complete };
    /// Waits at most `most` for a change.
    change next_change(update& into, std::chrono::milliseconds most);

    void write(const std::string& key, const std::optional<std::string>& value);
    std::optional<std::string> read(const std::string& key);

  private:
    void open_bucket(const nats_options& how);
    void go_on() const;
    void close() noexcept;

    std::function<bool()> gives_up_;
    std::shared_ptr<__natsOptions> options_;
    __natsConnection* connection_ = nullptr;
    __jsCtx* stream_ = nullptr;
    __kvStore* bucket_ = nullptr;
    __kvWatcher* watcher_ = nullptr;
    std::chrono::nanoseconds ttl_{};
    std::atomic<bool> closed_ = false;
};

} // namespace audiosocket::app::directory
