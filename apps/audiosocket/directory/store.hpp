// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "directory/entry.hpp"

#include <chrono>
#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace audiosocket::app::directory {

/// Where the entries of a directory are kept, and how nodes learn of changes. A store connects by itself, and again
/// after each failure.
class store {
  public:
    /// All are called one at a time, on a thread of the store, and must not call the store's stop().
    struct handlers {
        /// A connection begins: the snapshot follows as updates. Entries are removed `ttl` after they were written; 0:
        /// never.
        std::function<void(std::chrono::nanoseconds ttl)> connected;
        std::function<void(const update&)> changed;
        std::function<void()> snapshot_complete;
        /// The connection has failed, or could not be made. What was written last may be lost.
        std::function<void(const std::string& why)> lost;
        /// Called several times a second while the store is connected.
        std::function<void()> idle;
    };

    virtual ~store() = default;
    store(const store&) = delete;
    store& operator=(const store&) = delete;

    virtual void start(handlers on) = 0;

    /// Write or remove entries, in this order. Never wait. Without a connection this does nothing: after a snapshot the
    /// node writes what is missing.
    virtual void write(const std::string& key, const std::optional<std::string>& value) = 0;

    /// Reads one entry after all earlier writes; `done` gets nothing if there is none, or no connection. `done` is
    /// called on any thread.
    virtual void fetch(const std::string& key, std::function<void(std::optional<std::string>)> done) = 0;

    /// Ends the connection, when all writes were made, or after two seconds. A step that has begun then may take two
    /// seconds more.
    virtual void stop() = 0;

    /// Returns whether other processes share this store.
    virtual bool is_shared() const noexcept = 0;

  protected:
    store() = default;
};

/// Keeps nothing, because there is no other node: everything that the process knows is in itself.
std::unique_ptr<store> make_memory_store();

/// Where NATS is, and how to log in.
struct nats_options {
    std::vector<std::string> servers; ///< nats:// or tls://, HOST:PORT.
    std::string bucket;               ///< Of the key-value store. Created if there is none.
    std::string client_name;          ///< Shown by NATS.
    bool tls = false;
    std::string ca_file;          ///< More authorities than the system's. Empty: none.
    std::string certificate_file; ///< Empty: none.
    std::string key_file;
    std::string credentials_file; ///< Of nsc: a JWT and a key. Empty: none.
    std::string login;            ///< USER:PASSWORD, or a token. Empty: none.
    std::chrono::milliseconds lease = std::chrono::seconds(15);
};

/// Returns whether this build has a client of NATS.
bool has_nats() noexcept;

/// The key-value store of NATS JetStream. Throws std::runtime_error in a build without libnats, and if a file cannot be
/// used.
std::unique_ptr<store> make_nats_store(nats_options how);

} // namespace audiosocket::app::directory
