// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <audiosocket/net/listener_options.hpp>

#include <cstddef>
#include <map>
#include <optional>

namespace audiosocket::detail {

/// Throws std::invalid_argument for options outside their documented limits, and says which.
void validate(const listener_options& options);

/// Decides which connections are admitted, and counts the admitted connections of each host.
///
/// A host is in the table from its first enter() until its last leave(), so there are never more hosts than
/// connections.
class admission {
  public:
    explicit admission(listener_options options) : options_(std::move(options)) {}

    const listener_options& options() const noexcept { return options_; }

    /// Sets the options of later connections. Admitted connections stay.
    void set_options(listener_options options) { options_ = std::move(options); }

    /// Returns why a connection from this address must be refused, or nothing if it is admitted. `calls` is the number
    /// of calls in progress from all hosts.
    std::optional<refusal> refuses(const boost::asio::ip::address& peer, std::size_t calls) const;

    /// Returns whether connections from this address must begin with a header of the PROXY protocol.
    bool is_proxy(const boost::asio::ip::address& peer) const noexcept;

    /// Returns why a connection from a proxy must be refused, or nothing if it is admitted. The peer that the proxy
    /// names is judged later, by refuses().
    std::optional<refusal> refuses_proxy(std::size_t calls) const noexcept;

    /// Returns whether a new descriptor uses one of the files that are reserved for the application. `files_max` is how
    /// many files the process may have open. The kernel assigns the lowest free number.
    bool files_run_out(int descriptor, std::size_t files_max) const noexcept;

    void enter(const host_key& host) { ++hosts_[host]; }
    void leave(const host_key& host) noexcept;

    /// Lets a host leave when it is destroyed, unless keep() was called before.
    class place {
      public:
        place(admission& of, const host_key& host) noexcept : of_(&of), host_(host) {}
        place(const place&) = delete;
        place& operator=(const place&) = delete;
        ~place() {
            if (of_ != nullptr) of_->leave(host_);
        }

        void keep() noexcept { of_ = nullptr; }

      private:
        admission* of_;
        const host_key host_;
    };

  private:
    bool allowed(const boost::asio::ip::address& peer) const noexcept;

    listener_options options_;
    // A tree, because a peer cannot choose addresses that are slow to find in it.
    std::map<host_key, std::size_t> hosts_;
};

} // namespace audiosocket::detail
