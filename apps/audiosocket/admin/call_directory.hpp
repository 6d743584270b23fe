// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "admin/message.hpp"

#include <audiosocket/protocol/uuid.hpp>
#include <audiosocket/server/context_registry.hpp>

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

namespace audiosocket::app::admin {

/// A call that is announced to the admin address before it arrives: PUT or POST of /calls/ID.
struct announcement {
    uuid id;
    std::string type; ///< Content-Type of the body; empty if not given.
    std::string body;

    /// Where calls connect to this process, as HOST:PORT that the client of the request can reach. Empty if unknown.
    std::string connect;
};

/// Announced calls of a verb. With it the admin address takes announcements, shows and removes them, and lets bots hang
/// up by Twilio's interface (hang_up_request). Without it, the address has no such requests.
///
/// Used on the thread of the admin address, in parallel with the threads of the calls. An exception becomes a response
/// with status 500.
class call_directory {
  public:
    virtual ~call_directory() = default;

    /// Returns the most bytes of a body; a longer body is refused (413) before it is read.
    virtual std::size_t body_bytes_max() const noexcept = 0;

    /// Answers an announcement: 200 with the address where the call has to connect. `respond` is called at once, or
    /// within seconds on any thread.
    virtual void announce(const announcement& what, const reply& respond) = 0;

    /// Answers an announcement while no call can be accepted here: `why` is "stopping: ..." or "full: ...". The default
    /// is 503. A directory that knows another server may name that server.
    virtual void announce_elsewhere(const announcement& what, const std::string& why, const reply& respond);

    /// Returns the announcement that waits for a call with this id, as JSON; nothing if there is none.
    virtual std::optional<std::string> find(const uuid& id) const = 0;

    /// Removes the announcement for this id. Returns whether there was one; nothing after hand_over(), because the
    /// successor would still have it.
    virtual std::optional<bool> remove(const uuid& id) = 0;

    /// Returns the counters for the metrics.
    virtual context_registry_counts counts() const = 0;

    // --- Hand-over, on any thread ---

    /// Returns the announcements that wait, the oldest first, for the successor of this process. Copies stay, because
    /// calls may still arrive here. Refuses announcements and remove() from now on.
    virtual std::vector<waiting_context> hand_over() = 0;

    /// Makes calls without an announcement wait until inherit_ends(), because the predecessor is sending its
    /// announcements. A call waits for at most two seconds. Called before the first call.
    virtual void inherit_begins() = 0;

    /// Keeps an announcement of the predecessor. Returns whether it waits here now. It is refused if it has expired,
    /// cannot be read, was announced, used or withdrawn here, and if there is no room.
    virtual bool inherit(waiting_context one) = 0;

    /// Called when all announcements of the predecessor have arrived, or no more will arrive.
    virtual void inherit_ends() = 0;

  protected:
    call_directory() = default;
    call_directory(const call_directory&) = default;
    call_directory& operator=(const call_directory&) = default;
};

} // namespace audiosocket::app::admin
