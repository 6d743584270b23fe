// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <audiosocket/call/event.hpp>

#include <csignal>

namespace audiosocket::app::bench {

/// SIGINT and SIGTERM as something to wait for: the first ends a measurement early, a second one the program. To be
/// made before any other thread, for threads inherit what is blocked.
class interruption {
  public:
    interruption();
    ~interruption();
    interruption(const interruption&) = delete;
    interruption& operator=(const interruption&) = delete;

    /// Sleeps until then, or until a signal comes; returns whether one has come by now.
    bool wait_until(time_point when);
    bool came() const noexcept { return came_; }

  private:
    sigset_t signals_{};
    sigset_t before_{};
    bool came_ = false;
};

} // namespace audiosocket::app::bench
