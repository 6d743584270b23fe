// SPDX-License-Identifier: Apache-2.0
#include "gateway/web_hook.hpp"

#include "base/json_text.hpp"
#include "gateway/placeholders.hpp"

#include <fmt/chrono.h>

#include <utility>

namespace audiosocket::app::gateway {

websocket::websocket_url address_of(const web_hook& hook, const audiosocket::gateway::call_context& context) {
    return websocket::parse_url(expand(hook.url, context, placeholder_use::address), websocket::url_use::http);
}

websocket::post_request to_request(const web_hook& hook, websocket::websocket_url where,
                                   const boost::json::object& body) {
    websocket::post_request request{.url = std::move(where)};
    request.body = to_text(body);
    if (!hook.secret.empty())
        request.headers.emplace_back("X-AudioSocket-Signature",
                                     "sha256=" + websocket::hmac_sha256(hook.secret, request.body));
    request.tls = hook.tls;
    request.timeout = hook.timeout;
    return request;
}

std::string utc_now() {
    using namespace std::chrono;
    const auto now = system_clock::now();
    const auto part = now.time_since_epoch() / 1ms % 1000;
    return fmt::format("{:%Y-%m-%dT%H:%M:%S}.{:03}Z", fmt::gmtime(system_clock::to_time_t(now)), part);
}

} // namespace audiosocket::app::gateway
