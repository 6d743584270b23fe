// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "service/inherited_sockets.hpp"
#include "service/service_notify.hpp"
#include "service/watchdog.hpp"

#include <boost/asio/io_context.hpp>

#include <optional>
#include <span>
#include <string>
#include <system_error>
#include <utility>

namespace audiosocket::app {

/// Reports the state of this process to its supervisors: the service manager, and a predecessor that waits to hand
/// over. Used on one thread, that of `main`.
class service_link {
  public:
    service_link(boost::asio::io_context& main, inherited_sockets& inherited, service_notify& manager)
        : main_(main), inherited_(inherited), manager_(manager) {}

    /// Called when connections are accepted. Releases the signals that were held back. If the manager asks for it,
    /// sends signs of life as long as the threads of `calls` and the main thread answer. `reads`: this process reads
    /// what the predecessor sends. Returns why the manager cannot be reached.
    std::error_code ready(const std::string& status, std::span<boost::asio::io_context* const> calls, bool reads);

    /// Returns what the predecessor sends on; empty if it sends nothing. After ready().
    file_descriptor take_channel() noexcept { return std::move(channel_); }

    /// Called when the settings are being read again, and when they have been read.
    void reloading() { manager_.reloading(); }
    void reloaded(const std::string& status) { manager_.ready(status, false); }

    void stopping(const std::string& why, std::size_t calls);

    /// Called when the successor is the service: signs of life of this process must not be taken for the successor's.
    void retire();

    /// Stops the signs of life.
    void stop_watching() { watchdog_.reset(); }

    /// Returns the environment that a successor needs to notify the manager.
    std::vector<std::string> environment() const { return manager_.environment(); }

  private:
    boost::asio::io_context& main_;
    inherited_sockets& inherited_;
    service_notify& manager_;
    file_descriptor channel_; // to the predecessor
    std::optional<watchdog> watchdog_;
};

} // namespace audiosocket::app
