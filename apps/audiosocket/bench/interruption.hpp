// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <audiosocket/call/event.hpp>

#include <csignal>

namespace audiosocket::app::bench {

/// Waits for SIGINT and SIGTERM: the first ends a measurement early, a second one ends the command. Must be created
/// before any other thread, because threads inherit the blocked signals.
class interruption {
  public:
    interruption();
    ~interruption();
    interruption(const interruption&) = delete;
    interruption& operator=(const interruption&) = delete;

    /// Sleeps until then, or until a signal comes. Returns whether a signal has come so far.
    bool wait_until(time_point when);
    bool came() const noexcept { return came_; }

  private:
    sigset_t signals_{};
    sigset_t before_{};
    bool came_ = false;
};

} // namespace audiosocket::app::bench
