// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "admin/message.hpp"
#include "admin/server_view.hpp"
#include "live/visit.hpp"

#include <boost/asio/steady_timer.hpp>

#include <vector>

namespace audiosocket::app::admin {

/// Whether all threads of the server answer. However many want to know that, the threads are asked one question at a
/// time, and a verdict that is young enough is given to several; one that stands still is not asked again.
///
/// Used on one thread, that of `back`.
class health {
  public:
    /// The threads answer within milliseconds. Those who ask wait for some seconds.
    static constexpr std::chrono::seconds patience{1};

    /// As snapshots: asking more often costs the calls no more.
    static constexpr std::chrono::milliseconds young{150};

    health(server_view& server, back_context back);

    /// Tells, at once or on `back` before `patience` is over: 200 or 503.
    void ask(reply tell);

  private:
    void begin();
    void tell_all(const response& verdict);

    server_view& server_;
    const back_context back_;
    boost::asio::steady_timer deadline_;
    bool asked_ = false;    // and not answered yet
    bool overdue_ = false;  // for longer than `patience`
    time_point answered_{}; // when all had answered last
    std::vector<reply> waiting_;
};

} // namespace audiosocket::app::admin
