// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/wait_histogram.hpp"

#include <audiosocket/gateway/bridge.hpp>
#include <audiosocket/gateway/turn_ledger.hpp>

#include <cstdint>
#include <mutex>

namespace audiosocket::app::gateway {

/// What all calls of a gateway have counted. Safe from any thread: events that are counted here are rare.
class gateway_counts {
  public:
    /// Numbers at one moment.
    struct figures {
        std::uint64_t connected = 0;                   ///< Connections to back ends whose session was set up.
        std::uint64_t lost = 0;                        ///< Connections that could not be made, or were lost.
        std::uint64_t fell_back = 0;                   ///< Calls that went to another back end.
        std::uint64_t without_back_end = 0;            ///< Calls that were hung up because no back end was left.
        std::uint64_t without_context = 0;             ///< Calls that were hung up because they were not announced.
        std::uint64_t inactive = 0;                    ///< Calls that were hung up because neither side said anything.
        std::uint64_t barge_ins = 0;                   ///< Times that a back end cut off what was being played.
        std::uint64_t tool_failures = 0;               ///< Functions that gave back ends an error.
        wait_histogram connect_time;                   ///< From the dialling to the session.
        wait_histogram turn_time;                      ///< From the caller's silence to the answer in the ear.
        wait_histogram network_time;                   ///< The part of the network in that, where it is known.
        wait_histogram back_end_time;                  ///< The part of the back end.
        wait_histogram queue_time;                     ///< The part of our queue.
        wait_histogram ping_time;                      ///< What back ends took to answer pings.
        wait_histogram tool_time;                      ///< What the web server took for a function.
        audiosocket::gateway::bridge_statistics ended; ///< Sums of the calls that have ended.
    };

    figures look() const {
        const std::lock_guard lock(using_);
        return all_;
    }

    /// Changes them.
    template <class Change>
    void count(Change change) {
        const std::lock_guard lock(using_);
        change(all_);
    }

  private:
    mutable std::mutex using_;
    figures all_;
};

/// Adds what one call has counted to a sum.
void add(audiosocket::gateway::bridge_statistics& sum, const audiosocket::gateway::bridge_statistics& one) noexcept;

} // namespace audiosocket::app::gateway
