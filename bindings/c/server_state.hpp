// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "call_state.hpp"
#include "options.hpp"

#include <audiosocket/server/call_server.hpp>

#include <atomic>
#include <cstddef>
#include <memory>
#include <optional>
#include <span>

namespace audiosocket::c {

/// A server of the C interface: puts its calls into the queue of the engine. answer() and close() belong to the thread
/// that runs `home`; the other members may be called on any thread.
class server_state final : public std::enable_shared_from_this<server_state> {
  public:
    server_state(surroundings where, audiosocket_server* handle) : where_(std::move(where)), handle_(handle) {}

    /// Answers calls on a socket that listens. Throws as call_server does.
    void answer(boost::asio::io_context& home, std::span<boost::asio::io_context* const> homes, listening_socket socket,
                const option_set& options);

    /// Closes the server, whose calls go on.
    void close() { server_.reset(); }

    /// The application has freed it: no more of its events are taken.
    void mark_freed() noexcept { freed_ = true; }
    bool freed() const noexcept { return freed_; }

    audiosocket_server* handle() const noexcept { return handle_; }
    int port() const { return server_->local_endpoint().port(); }
    std::size_t calls() const noexcept { return server_->calls_in_progress(); }

    /// Begins a drain. Throws failure if one is in progress.
    void drain(std::chrono::nanoseconds timeout);

  private:
    void on_call(call line);

    const surroundings where_;
    audiosocket_server* const handle_;
    option_set options_;
    std::optional<call_server> server_;
    std::atomic<bool> draining_{false};
    std::atomic<bool> freed_{false};
};

} // namespace audiosocket::c
