// SPDX-License-Identifier: Apache-2.0
#include "gateway/call_route.hpp"

#include "base/failure.hpp"
#include "gateway/placeholders.hpp"

#include <algorithm>

namespace audiosocket::app::gateway {
namespace {

using audiosocket::gateway::call_context;
using audiosocket::gateway::key_place;

// A server that restarts is back after a moment; a caller waits no longer for it.
constexpr std::chrono::milliseconds second_try_after{300};

// Whether a server may take the path for one outside of where it begins: RFC 3986 section 5.2.4.
bool leads_upwards(std::string path) {
    path.resize(std::min(path.find('?'), path.size()));
    for (std::size_t at = 0; (at = path.find('%', at)) != std::string::npos; ++at)
        if (const auto code = path.substr(at, 3); code == "%2e" || code == "%2E") path.replace(at, 3, ".");
    return (path + '/').find("/../") != std::string::npos;
}

std::vector<std::string> addresses_of(const gateway_plan& plan, const call_context& context) {
    auto all = plan.back_ends;
    const auto own = context.parameters.find("backend");
    if (own == context.parameters.end() || plan.allowed_back_ends.empty()) return all;
    const bool allowed = std::ranges::any_of(plan.allowed_back_ends,
                                             [&](const auto& prefix) { return own->second.starts_with(prefix); });
    if (!allowed || leads_upwards(own->second))
        throw failure(exit_code::usage, "the announced back end is not one of --allow-backend");
    if (!all.empty()) all.erase(all.begin());
    all.insert(all.begin(), own->second);
    return all;
}

void add_key(websocket::client_options& to, key_place place, const std::string& key) {
    if (key.empty()) return;
    switch (place) {
    case key_place::none:
    case key_place::bearer: to.headers.emplace_back("Authorization", "Bearer " + key); break;
    case key_place::token: to.headers.emplace_back("Authorization", "Token " + key); break;
    case key_place::xi_key: to.headers.emplace_back("xi-api-key", key); break;
    case key_place::query:
        to.url.target += (to.url.target.find('?') == std::string::npos ? "?key=" : "&key=") + key;
        break;
    }
}

} // namespace

call_route::call_route(const gateway_plan& plan, const call_context& context) {
    for (const auto& address : addresses_of(plan, context)) {
        const auto expanded = expand(address, context, placeholder_use::address);
        if (leads_upwards(expanded) && !leads_upwards(address))
            throw failure(exit_code::usage, "an announced value is \"..\", which leads out of the back end's path");
        websocket::client_options place;
        place.url = websocket::parse_url(expanded);
        for (const auto& [name, value] : plan.headers)
            place.headers.emplace_back(name, expand(value, context, placeholder_use::header));
        add_key(place, plan.dialect->key, plan.key);
        place.subprotocol = plan.dialect->subprotocol;
        place.tls = plan.tls;
        place.bounds = plan.bounds;
        places_.push_back(std::move(place));
    }
    if (places_.empty()) throw failure(exit_code::usage, "the call was announced without one (\"backend\")");
}

websocket::client_options call_route::next() const {
    return places_.at(place_ / tries_each);
}

std::chrono::milliseconds call_route::pause() const noexcept {
    return place_ % tries_each == 0 ? std::chrono::milliseconds(0) : second_try_after;
}

std::string call_route::name() const {
    return without_secrets(places_.at(place_ / tries_each).url);
}

void call_route::failed(time_point last_sign) noexcept {
    if (connected_at_ != time_point::max() && last_sign - connected_at_ >= proven_after)
        place_ -= place_ % tries_each;
    else
        ++place_;
    connected_at_ = time_point::max();
}

call_context without_back_end(const gateway_plan& plan, call_context context) {
    if (!plan.allowed_back_ends.empty()) context.parameters.erase("backend");
    return context;
}

} // namespace audiosocket::app::gateway
