// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "daemon/daemon_options.hpp"
#include "live/live_call.hpp"

#include <cstddef>
#include <functional>
#include <memory>

namespace audiosocket::app {

class call_findings;
class call_recordings;
class call_registry;
class cluster_link;
class server_report;

/// Begins and ends what the process does for each call: records and judges it, registers it, lets the verb do its work,
/// and reports its start, its events and its end.
///
/// A call leaves the registry with its ended_event. It also leaves if the verb loses it before that, because there was
/// no memory to wait for its next event; it is then hung up.
///
/// Threads: answer() on one thread. A verb reports on the thread of its call; a call that is lost before it began ends
/// on either.
class call_reception : public std::enable_shared_from_this<call_reception> {
  public:
    /// The objects must outlive the calls' threads. `left` is called, on any thread, when a call has left the registry.
    call_reception(server_report& report, call_registry& registry, call_recordings& recordings, call_findings& findings,
                   cluster_link& cluster, std::function<void()> left);

    /// Begins a call with these options.
    void answer(call c, const daemon_options& options);

  private:
    class stay;

    void happened(const live_call& c, const event& e);
    void ended(live_call& c, const ended_event& end) noexcept;

    server_report& report_;
    call_registry& registry_;
    call_recordings& recordings_;
    call_findings& findings_;
    cluster_link& cluster_;
    const std::function<void()> left_;
};

} // namespace audiosocket::app
