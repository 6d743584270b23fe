// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <system_error>
#include <vector>

namespace audiosocket::app {

/// Tells the service manager how we are, as sd_notify(3) does, without its library: datagrams to the socket that
/// NOTIFY_SOCKET names. Where there is none, nothing happens. Use from one thread.
class service_notify {
  public:
    /// Takes NOTIFY_SOCKET, WATCHDOG_USEC and WATCHDOG_PID out of the environment, so that nobody whom we start speaks
    /// for us. Before there are threads.
    static service_notify take();

    /// Calls are answered. `as_main_process`: and we are the service now, in place of our predecessor.
    std::error_code ready(const std::string& status, bool as_main_process);
    /// The configuration is being read again; ready() says that it has been.
    std::error_code reloading();
    std::error_code stopping(const std::string& status);
    /// A line for people who ask for the service's status.
    std::error_code status(const std::string& text);
    /// We are alive: asked for every watchdog_interval() at least.
    std::error_code alive();

    std::optional<std::chrono::microseconds> watchdog_interval() const noexcept { return watchdog_; }

    /// What a successor has to have in its environment to speak for the service.
    std::vector<std::string> environment() const;

    /// Says nothing any more: another process is the service.
    void retire() noexcept { socket_.clear(); }

  private:
    service_notify() = default;
    std::error_code tell(const std::string& state) const;

    std::string socket_;
    std::optional<std::chrono::microseconds> watchdog_;
};

} // namespace audiosocket::app
