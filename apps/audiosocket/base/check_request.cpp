// SPDX-License-Identifier: Apache-2.0
#include "base/check_request.hpp"

#include <cstring>
#include <string_view>

namespace audiosocket::app::check {
namespace {

constexpr std::string_view request_prefix = "AudioSocket";

} // namespace

uuid request_id(request what) {
    uuid id;
    std::memcpy(id.bytes.data(), request_prefix.data(), request_prefix.size());
    id.bytes.back() = static_cast<std::byte>(what);
    return id;
}

std::optional<request> requested_by(const uuid& id) {
    for (const auto what : {request::stall, request::play, request::hang_up, request::spell})
        if (id == request_id(what)) return what;
    return std::nullopt;
}

} // namespace audiosocket::app::check
