// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <audiosocket/protocol/error.hpp>

#include <chrono>

namespace audiosocket::detail {

/// Follows the playout queue of a connection, on its io_context.
class playout_watcher {
  public:
    /// Called with the length of the queued audio after anything has happened, at least once a frame.
    virtual void queue_is(std::chrono::milliseconds queued) = 0;

    /// Called with the length of the audio that was cut off when the queue was cleared (`usage_errc::playout_cleared`),
    /// and once when the call ends (`usage_errc::call_ended`).
    virtual void cut_off(std::chrono::milliseconds cut, error_code why) = 0;

    /// Called when the io_context is being destroyed: must drop the handlers that wait.
    virtual void forget() noexcept = 0;

  protected:
    ~playout_watcher() = default;
};

} // namespace audiosocket::detail
