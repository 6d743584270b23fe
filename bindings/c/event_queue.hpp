// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "audiosocket.h"

#include <audiosocket/net/file_descriptor.hpp>

#include <cstddef>
#include <list>
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
///
/// An event keeps its objects, and they keep the queue. So the queue is closed where its engine ends.
class event_queue {
  public:
    /// Throws std::system_error where the system gives no descriptor.
    event_queue();

    /// Moves the events of the list to the end of the queue. Makes the descriptor readable. Returns false, and leaves
    /// the list as it is, if the queue is closed. Needs no memory.
    bool push(std::list<pending_event>& events) noexcept;

    /// Drops the events, and takes no more of them.
    void close() noexcept;

    /// Takes events out, the oldest first, and returns their number. Leaves out those of objects that were freed.
    std::size_t take(std::span<audiosocket_event> events) noexcept;

    /// Returns the descriptor, which is readable while the queue has events.
    int descriptor() const noexcept { return wake_.get(); }

  private:
    std::list<pending_event> pop() noexcept;
    void make_unreadable() noexcept;

    const file_descriptor wake_;
    std::mutex mutex_;
    std::list<pending_event> events_;
    bool closed_ = false;
};

} // namespace audiosocket::c
