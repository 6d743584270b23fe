// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <audiosocket/gateway/turn_ledger.hpp>

#include <boost/json/object.hpp>

#include <cstdint>
#include <optional>

namespace audiosocket::app::gateway {

/// Returns what a turn took: `total_ms` and its parts, `network_ms` (null where that is not known), `backend_ms` and
/// `queue_ms`.
boost::json::object to_json(const audiosocket::gateway::turn& one);

/// The turns of one call.
class turn_figures {
  public:
    void add(const audiosocket::gateway::turn& one);

    std::uint64_t count() const noexcept { return count_; }

    /// Returns the last turn as to_json(); null if there was none.
    boost::json::value last() const;

    /// Returns the mean of all turns, in the same members. A turn whose network is not known has none in the mean.
    boost::json::value mean() const;

  private:
    std::uint64_t count_ = 0;
    std::optional<audiosocket::gateway::turn> last_;
    std::optional<clock::duration> network_;
    clock::duration total_{};
    clock::duration back_end_{};
    clock::duration queue_{};
};

} // namespace audiosocket::app::gateway
