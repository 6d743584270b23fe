// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <system_error>
#include <vector>

namespace audiosocket::app {

/// Reports the state of this process to the service manager, as sd_notify(3) does, without its library: datagrams to
/// the socket in NOTIFY_SOCKET. Without that variable it has no effect. Used on one thread.
class service_notify {
  public:
    /// Takes NOTIFY_SOCKET, WATCHDOG_USEC and WATCHDOG_PID out of the environment, so that child processes cannot
    /// report in the name of this process. Must be called before there are threads.
    static service_notify take();

    /// Reports that calls are answered. `as_main_process`: this process has replaced its predecessor as the service.
    std::error_code ready(const std::string& status, bool as_main_process);
    /// Reports that the settings are being read again; ready() reports that they have been read.
    std::error_code reloading();
    std::error_code stopping(const std::string& status);
    /// Reports a line for the service's status.
    std::error_code status(const std::string& text);
    /// Reports that this process is alive. Has to be called at least every watchdog_interval().
    std::error_code alive();

    std::optional<std::chrono::microseconds> watchdog_interval() const noexcept { return watchdog_; }

    /// Returns the environment with which a successor can report for the service.
    std::vector<std::string> environment() const;

    /// Stops all reports: another process is the service.
    void retire() noexcept { socket_.clear(); }

  private:
    service_notify() = default;
    std::error_code notify(const std::string& state) const;

    std::string socket_;
    std::optional<std::chrono::microseconds> watchdog_;
};

} // namespace audiosocket::app
