// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <audiosocket/net/listener_options.hpp>
#include <audiosocket/net/listener_statistics.hpp>

#include <audiosocket/call/event.hpp>

namespace audiosocket::detail {

/// Counts refusals, and says when they are to be reported: the first at once, those that follow in summaries, at most
/// one in each interval. So a flood of connections cannot flood a log. Time is an argument.
class refusal_log {
  public:
    /// The shortest time between two reports.
    static constexpr std::chrono::seconds interval{1};

    /// Counts into `totals` as well, which must outlive this object.
    explicit refusal_log(listener_statistics& totals) : totals_(totals) {}

    void add(const boost::asio::ip::tcp::endpoint& peer, refusal why, std::string detail = {});

    /// Returns when what was added since the last report is to be reported, which may be in the past; time_point::max()
    /// if nothing was added.
    time_point due() const noexcept { return pending_.total() == 0 ? time_point::max() : next_report_; }

    /// Returns what was added since the last report, as reported at this time.
    refusals take(time_point now);

  private:
    listener_statistics& totals_;
    refusals pending_;
    time_point next_report_ = time_point::min();
};

} // namespace audiosocket::detail
