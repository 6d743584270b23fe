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

namespace audiosocket::app {

/// Tells those who supervise this process how it is: the service manager, and a predecessor that waits to hand over.
/// Used on one thread, that of `main`.
class service_link {
  public:
    service_link(boost::asio::io_context& main, inherited_sockets& inherited, service_notify& manager)
        : main_(main), inherited_(inherited), manager_(manager) {}

    /// Connections are accepted: from now on signals are let in and, if the manager asks for it, signs of life are
    /// sent as long as the threads of `calls`, and the main one, answer. Returns why the manager cannot be reached.
    std::error_code ready(const std::string& status, std::span<boost::asio::io_context* const> calls);

    /// The settings are being read again; they have been.
    void reloading() { manager_.reloading(); }
    void reloaded(const std::string& status) { manager_.ready(status, false); }

    void stopping(const std::string& why, std::size_t calls);

    /// The successor is the service now: signs of life from here must not be taken for its own.
    void retire();

    /// Ends the signs of life.
    void stop_watching() { watchdog_.reset(); }

    /// What a successor needs in its environment to speak for the service.
    std::vector<std::string> environment() const { return manager_.environment(); }

  private:
    boost::asio::io_context& main_;
    inherited_sockets& inherited_;
    service_notify& manager_;
    std::optional<watchdog> watchdog_;
};

} // namespace audiosocket::app
