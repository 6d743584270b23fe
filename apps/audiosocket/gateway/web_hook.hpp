// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "websocket/http_post.hpp"

#include <audiosocket/gateway/call_context.hpp>

#include <boost/json/object.hpp>

#include <chrono>
#include <memory>
#include <string>

namespace audiosocket::app::gateway {

/// Where the gateway posts JSON about its calls, and how.
struct web_hook {
    std::string url;    ///< http:// or https://, with placeholders.
    std::string secret; ///< Signs what is posted; empty: it is not signed.
    std::shared_ptr<websocket::tls_context> tls;
    std::chrono::milliseconds timeout{5000};
};

/// Returns where a call's requests go. Throws failure (usage) where the address, with what is known of the call filled
/// in, is not an address.
websocket::websocket_url address_of(const web_hook& hook, const audiosocket::gateway::call_context& context);

/// Returns the request with this body. A signature is in the field X-AudioSocket-Signature, as `sha256=HEX`.
websocket::post_request to_request(const web_hook& hook, websocket::websocket_url where,
                                   const boost::json::object& body);

/// Now, in UTC, as in RFC 3339: "2026-11-30T02:10:33.123Z".
std::string utc_now();

} // namespace audiosocket::app::gateway
