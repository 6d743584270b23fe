// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "audiosocket.h"

#include <audiosocket/net/file_descriptor.hpp>

#include <cstddef>
#include <deque>
#include <memory>
#include <mutex>
#include <span>

namespace audiosocket::c {
class call_state;
class server_state;
} // namespace audiosocket::c

/// What the application has of a call. The state lives longer where operations of the call are pending.
struct audiosocket_call {
    explicit audiosocket_call(std::shared_ptr<audiosocket::c::call_state> of);
    audiosocket_call(const audiosocket_call&) = delete;
    audiosocket_call& operator=(const audiosocket_call&) = delete;

    /// Hangs up.
    ~audiosocket_call();

    const std::shared_ptr<audiosocket::c::call_state> state;
};

namespace audiosocket::c {

/// An event with the objects that it is about, which it keeps.
struct pending_event {
    audiosocket_event what{};
    std::shared_ptr<call_state> call;
    std::shared_ptr<server_state> server;
    std::unique_ptr<audiosocket_call> fresh; ///< A call that the application does not have yet.
};

/// The events of an engine, behind one descriptor. All members are safe from any thread.
class event_queue {
  public:
    /// Throws std::system_error where the system gives no descriptor.
    event_queue();

    /// Adds an event. Makes the descriptor readable.
    void push(pending_event event);

    /// Takes events out, the oldest first, and returns their number. Leaves out those of objects that were freed.
    std::size_t take(std::span<audiosocket_event> events);

    /// Returns the descriptor, which is readable while the queue has events.
    int descriptor() const noexcept { return wake_.get(); }

  private:
    bool pop(pending_event& to);

    const file_descriptor wake_;
    std::mutex mutex_;
    std::deque<pending_event> events_;
};

} // namespace audiosocket::c
