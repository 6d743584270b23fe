// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "live/live_call.hpp"

#include <audiosocket/gateway/dialect_output.hpp>

#include <boost/json/object.hpp>

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

namespace audiosocket::app::gateway {

/// What a back_end_link asks of the call that it serves, and reports to it. All on the executor of the link.
class link_user {
  public:
    link_user(const link_user&) = delete;
    link_user& operator=(const link_user&) = delete;

    /// Queues audio of the back end. Returns false where the queue is full.
    virtual bool play(std::span<const std::int16_t> samples, int rate_hz) = 0;

    /// Queues a mark of the back end. Returns false where too many wait.
    virtual bool mark(std::string_view name) = 0;

    /// Empties the queue.
    virtual void clear() = 0;

    /// The back end has ended the call in order.
    virtual void hang_up(audiosocket::gateway::hang_up_time when, std::string_view why) = 0;

    /// As dialect_output::report().
    virtual void report(audiosocket::gateway::dialect_report what) = 0;

    /// Something for the log and for events.
    virtual void note(call_note what) = 0;

    /// The session of a back end is set up.
    virtual void connected() = 0;

    /// The back end is lost, and another session will follow: the next marks and functions are those of it.
    virtual void next_back_end() = 0;

    /// The last back end is lost.
    virtual void no_back_end() = 0;

    /// Something of the connection was dealt with: the link's deadline may be another one now. Called last.
    virtual void progressed() = 0;

  protected:
    link_user() = default;
    ~link_user() = default;
};

} // namespace audiosocket::app::gateway
