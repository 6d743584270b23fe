// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <audiosocket/net/listener_options.hpp>
#include <audiosocket/net/listener_statistics.hpp>

#include <audiosocket/call/event.hpp>

namespace audiosocket::detail {

/// Counts refusals, and says when to report them: the first at once, later ones in a summary at most once an interval.
/// So a flood of connections cannot flood a log. Time is an argument.
class refusal_log {
  public:
    /// The shortest time between two reports.
    static constexpr std::chrono::seconds interval{1};

    /// Makes a log that also counts into `totals`, which must outlive it.
    explicit refusal_log(listener_statistics& totals) : totals_(totals) {}

    void add(const boost::asio::ip::tcp::endpoint& peer, refusal why, std::string detail = {});

    /// Returns when the refusals since the last report are to be reported, which may be in the past; time_point::max()
    /// if there are none.
    time_point due() const noexcept { return pending_.total() == 0 ? time_point::max() : next_report_; }

    /// Returns the refusals since the last report, and counts them as reported at this time.
    refusals take(time_point now);

  private:
    listener_statistics& totals_;
    refusals pending_;
    time_point next_report_ = time_point::min();
};

} // namespace audiosocket::detail
