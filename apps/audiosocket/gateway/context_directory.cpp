// SPDX-License-Identifier: Apache-2.0
#include "gateway/context_directory.hpp"

#include "base/json_text.hpp"
#include "gateway/call_context_json.hpp"

#include <boost/json/object.hpp>

#include <fmt/format.h>

#include <chrono>
#include <utility>

namespace audiosocket::app::gateway {

context_directory::context_directory(const context_registry_options& options, std::optional<address> advertise,
                                     std::function<time_point()> now)
    : registry_(options), advertise_(std::move(advertise)), now_(std::move(now)) {}

admin::response context_directory::announce(const admin::announcement& what) {
    const std::string connect = advertise_ ? to_string(*advertise_) : what.connect;
    if (connect.empty())
        return admin::error_response(500, "this server does not know at which address callers reach it from there; "
                                          "start it with --advertise HOST:PORT");
    std::string context;
    try {
        context = read_context(what.body, what.type);
    } catch (const invalid_context& e) {
        return admin::error_response(400, e.what());
    }
    const auto& limits = registry_.options();
    switch (registry_.add(what.id, context, now_())) {
    case registration::too_large:
        return admin::error_response(
            413, fmt::format("as JSON this is longer than {} bytes, which is the limit", limits.context_bytes_max));
    case registration::full:
        return admin::error_response(503,
                                     fmt::format("{} calls were announced and have not arrived, which is the limit "
                                                 "of their number or their bytes; try another server",
                                                 registry_.counts(now_()).entries));
    case registration::accepted: break;
    }
    if (announced_) announced_(to_call_context(what.id, context));
    const auto seconds = std::chrono::duration<double>(limits.lifetime).count();
    const boost::json::object answer{{"connect", connect}, {"expires_in_seconds", rounded(seconds)}};
    return {200, "application/json", to_text(answer) + '\n'};
}

void context_directory::on_change(std::function<void(audiosocket::gateway::call_context)> announced,
                                  std::function<void(const uuid&)> withdrawn) {
    announced_ = std::move(announced);
    withdrawn_ = std::move(withdrawn);
}

bool context_directory::remove(const uuid& id) {
    const bool known = registry_.remove(id, now_());
    if (known && withdrawn_) withdrawn_(id);
    return known;
}

std::optional<audiosocket::gateway::call_context> context_directory::take(const uuid& id) {
    const auto context = registry_.take(id, now_());
    if (!context) return std::nullopt;
    return to_call_context(id, *context);
}

} // namespace audiosocket::app::gateway
