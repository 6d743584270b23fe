// SPDX-License-Identifier: Apache-2.0
#include "gateway/context_directory.hpp"

#include "base/json_text.hpp"
#include "gateway/call_context_json.hpp"

#include <boost/json/object.hpp>

#include <fmt/format.h>

#include <chrono>
#include <utility>

namespace audiosocket::app::gateway {
namespace {

// Nothing if it cannot be read: another node may have written it, and may be of another version.
std::optional<audiosocket::gateway::call_context> read(const uuid& id, const std::string& context) {
    try {
        return to_call_context(id, context);
    } catch (const invalid_context&) {
        return std::nullopt;
    }
}

} // namespace

context_directory::context_directory(const context_registry_options& options, std::optional<address> advertise,
                                     std::function<time_point()> now, std::shared_ptr<directory::cluster_node> cluster)
    : registry_(options), advertise_(std::move(advertise)), now_(std::move(now)),
      cluster_(cluster
                   ? std::move(cluster)
                   : std::make_shared<directory::cluster_node>(directory::cluster_node::options{"node", {}}, now_)) {
    cluster_->keep_contexts(
        registry_,
        [this](const uuid& id, const std::string& context) {
            if (!announced_) return;
            if (auto known = read(id, context)) announced_(*std::move(known));
        },
        [this](const uuid& id) {
            if (withdrawn_) withdrawn_(id);
        });
}

void context_directory::announce(const admin::announcement& what, const admin::reply& respond) {
    const std::string connect = advertise_ ? to_string(*advertise_) : what.connect;
    if (connect.empty())
        return respond(admin::error_response(500,
                                             "this server does not know at which address callers reach it from there; "
                                             "start it with --advertise HOST:PORT"));
    std::string context;
    try {
        context = read_context(what.body, what.type);
    } catch (const invalid_context& e) {
        return respond(admin::error_response(400, e.what()));
    }
    cluster_->announce(what.id, std::move(context),
                       [this, connect, respond](const auto& where) { respond(answer(where, connect)); });
}

// The cluster knows as well that this node takes no calls, or will know within a second.
void context_directory::announce_elsewhere(const admin::announcement& what, const std::string& why,
                                           const admin::reply& respond) {
    std::string context;
    try {
        context = read_context(what.body, what.type);
    } catch (const invalid_context& e) {
        return respond(admin::error_response(400, e.what()));
    }
    cluster_->announce(
        what.id, std::move(context),
        [this, why, respond](const auto& where) {
            const bool is_why = where.connect.empty() && where.what != directory::member::placement::too_large;
            respond(is_why ? admin::error_response(503, why) : answer(where, {}));
        },
        false);
}

admin::response context_directory::answer(const directory::cluster_node::placed& where, const std::string& here) const {
    using directory::member;
    const auto& limits = registry_.options();
    switch (where.what) {
    case member::placement::too_large:
        return admin::error_response(
            413, fmt::format("as JSON this is longer than {} bytes, which is the limit", limits.context_bytes_max));
    case member::placement::no_room:
        return admin::error_response(503,
                                     fmt::format("{} calls were announced and have not arrived, which is the limit "
                                                 "of their number or their bytes; try another server",
                                                 registry_.counts(now_()).entries));
    case member::placement::later:
        if (!where.connect.empty()) break;
        [[fallthrough]];
    case member::placement::nowhere:
        return admin::error_response(503, "no server takes calls now; try again, or another way");
    case member::placement::here: break;
    }
    const auto& connect = where.connect.empty() ? here : where.connect;
    const auto seconds = std::chrono::duration<double>(limits.lifetime).count();
    const boost::json::object body{{"connect", connect}, {"expires_in_seconds", rounded(seconds)}};
    return {200, "application/json", to_text(body) + '\n'};
}

void context_directory::on_change(std::function<void(audiosocket::gateway::call_context)> announced,
                                  std::function<void(const uuid&)> withdrawn) {
    announced_ = std::move(announced);
    withdrawn_ = std::move(withdrawn);
}

std::optional<bool> context_directory::remove(const uuid& id) {
    return cluster_->withdraw(id);
}

std::optional<audiosocket::gateway::call_context> context_directory::take(const uuid& id) {
    const auto context = cluster_->take(id);
    if (!context) return std::nullopt;
    return read(id, *context);
}

bool context_directory::inherit(waiting_context one) {
    return read(one.id, one.context) && cluster_->inherit(std::move(one));
}

bool context_directory::fetch(const uuid& id,
                              std::function<void(std::optional<audiosocket::gateway::call_context>)> done) {
    if (!cluster_->knows_more()) return false;
    cluster_->find_elsewhere(id, true, [id, done = std::move(done)](const std::optional<std::string>& context) {
        done(context ? read(id, *context) : std::nullopt);
    });
    return true;
}

} // namespace audiosocket::app::gateway
