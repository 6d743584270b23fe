// SPDX-License-Identifier: Apache-2.0
#include "gateway/call_status.hpp"

#include "base/host_port.hpp"
#include "base/json_text.hpp"
#include "base/statistics_json.hpp"

#include <audiosocket/net/address.hpp>

#include <utility>

namespace audiosocket::app::gateway {

namespace json = boost::json;
using audiosocket::gateway::call_context;

call_status::call_status(std::shared_ptr<const status_plan> plan, const call_context& context)
    : plan_(std::move(plan)), id_(to_string(context.id)) {
    if (!plan_) return;
    where_ = address_of(plan_->hook, context);
    number_ = plan_->sender->new_call();
}

void call_status::started(const call& c, const call_context& context) {
    post("started", {{"from", context.from}, {"to", context.to}, {"peer", host_port(c.peer())}});
}

void call_status::answered(std::string_view back_end, double connect_ms) {
    if (std::exchange(answered_, true)) return;
    post("answered", {{"backend", back_end}, {"connect_ms", connect_ms}});
}

void call_status::ended(const call& c, const ended_event& how, double seconds, const json::object& description) {
    json::object more{{"reason", name(how.reason)},
                      {"error", how.error ? json::value(how.error.message()) : json::value()},
                      {"seconds", seconds},
                      {"statistics", to_json(c.statistics())}};
    for (const auto& member : description)
        more.insert_or_assign(member.key(), member.value());
    post("ended", more);
}

void call_status::post(std::string_view event, const json::object& more) {
    if (!plan_) return;
    json::object body{{"event", event}, {"id", id_}, {"sequence", ++posted_}, {"time", utc_now()}};
    for (const auto& member : more)
        body.insert_or_assign(member.key(), member.value());
    plan_->sender->send(number_, to_request(plan_->hook, where_, body));
}

} // namespace audiosocket::app::gateway
