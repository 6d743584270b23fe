// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "live/live_call.hpp"

#include <audiosocket/call/call_statistics.hpp>
#include <audiosocket/call/event.hpp>

#include <array>
#include <list>
#include <memory>
#include <mutex>
#include <unordered_map>
#include <vector>

namespace audiosocket::app {

/// Adds the counters of one call to a sum; for values that are not counters, keeps the largest.
void add(call_statistics& sum, const call_statistics& one) noexcept;

/// The counters of all ended calls.
struct ended_calls {
    static constexpr std::size_t reasons = static_cast<std::size_t>(end_reason::never_started) + 1;

    std::array<std::uint64_t, reasons> by_reason{};
    call_statistics counted;
};

using call_list = std::vector<std::shared_ptr<live_call>>;

/// The calls in progress, and the counters of ended calls. Safe from any thread. Called only at the start and the end
/// of each call.
class call_registry {
  public:
    void started(std::shared_ptr<live_call> call);

    /// Removes a call, and adds its counters to those of ended calls. Does nothing if it was removed before.
    void ended(const live_call& call, const ended_event& end, const call_statistics& counted) noexcept;

    /// Both at one moment. Each call is in exactly one of them, so sums of both never decrease: a call that ends after
    /// this moment is still in `in_progress`.
    struct page {
        ended_calls ended;
        call_list in_progress;
    };
    page look() const;

    std::size_t in_progress() const;

    /// Returns how many calls have ended so far.
    std::size_t ended() const;

    /// Returns the oldest calls in progress, at most `count`.
    call_list oldest(std::size_t count) const;

  private:
    using in_order = std::list<std::shared_ptr<live_call>>;

    mutable std::mutex using_;
    ended_calls ended_;
    std::size_t ended_count_ = 0;
    in_order calls_; // ordered by start
    std::unordered_map<const live_call*, in_order::iterator> places_;
};

} // namespace audiosocket::app
