// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "gateway/status_sender.hpp"
#include "gateway/web_hook.hpp"

#include <audiosocket/net/call.hpp>

#include <boost/json/object.hpp>

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace audiosocket::app::gateway {

/// Where the status of calls is posted (--status-url).
struct status_plan {
    web_hook hook;
    std::shared_ptr<status_sender> sender;
};

/// Posts the start, the answer and the end of one call, each at most once. On the executor of the call; never waits.
class call_status {
  public:
    /// `plan` may be null: nothing is posted. Throws failure (usage) where the call has no valid address for that.
    call_status(std::shared_ptr<const status_plan> plan, const audiosocket::gateway::call_context& context);

    void started(const call& c, const audiosocket::gateway::call_context& context);
    void answered(std::string_view back_end, double connect_ms);

    /// `description` is what is known of the back end's part, by name.
    void ended(const call& c, const ended_event& how, double seconds, const boost::json::object& description);

  private:
    void post(std::string_view event, const boost::json::object& more);

    std::shared_ptr<const status_plan> plan_; // null: nothing is posted
    websocket::websocket_url where_;
    std::string id_;
    std::uint64_t number_ = 0;
    unsigned posted_ = 0;
    bool answered_ = false;
};

} // namespace audiosocket::app::gateway
