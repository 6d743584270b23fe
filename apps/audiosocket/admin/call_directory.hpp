// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "admin/message.hpp"

#include <audiosocket/protocol/uuid.hpp>
#include <audiosocket/server/context_registry.hpp>

#include <cstddef>
#include <optional>
#include <string>

namespace audiosocket::app::admin {

/// A call that is announced to the admin address before it arrives: PUT or POST of /calls/ID.
struct announcement {
    uuid id;
    std::string type; ///< Content-Type of the body; empty if not given.
    std::string body;

    /// Where calls arrive at this process, as HOST:PORT that the client of the request can reach. Empty where that
    /// is not known.
    std::string connect;
};

/// What a verb knows of calls before they arrive. With it the admin address takes announcements, shows and removes
/// them, and lets bots hang up by their own interface (hang_up_request). Without it, the address has no such requests.
///
/// Used on the thread of the admin address, beside the threads of the calls. Exceptions become an answer of 500.
class call_directory {
  public:
    virtual ~call_directory() = default;

    /// The bytes of the longest body; a longer one is refused (413) before it is read.
    virtual std::size_t body_bytes_max() const noexcept = 0;

    /// Answers an announcement: 200 with where the call is to connect.
    virtual response announce(const announcement& what) = 0;

    /// Answers an announcement while no call can be accepted: `why` is "stopping: ..." or "full: ...". The default is
    /// 503. A directory that knows another server may name that.
    virtual response announce_elsewhere(const announcement& what, const std::string& why);

    /// Returns what was announced for this id and waits for its call, as JSON; nothing if there is nothing.
    virtual std::optional<std::string> find(const uuid& id) const = 0;

    /// Removes what waits for this id. Returns whether there was anything.
    virtual bool remove(const uuid& id) = 0;

    /// Returns what the metrics show.
    virtual context_registry_counts counts() const = 0;

  protected:
    call_directory() = default;
    call_directory(const call_directory&) = default;
    call_directory& operator=(const call_directory&) = default;
};

} // namespace audiosocket::app::admin
