// SPDX-License-Identifier: Apache-2.0
#include "net/refusal_log.hpp"

#include <utility>

namespace audiosocket::detail {

void refusal_log::add(const boost::asio::ip::tcp::endpoint& peer, refusal why, std::string detail) {
    if (pending_.total() == 0) {
        pending_.first_peer = peer;
        pending_.first_reason = why;
        pending_.first_detail = std::move(detail);
    }
    ++totals_.refused;
    switch (why) {
    case refusal::network: ++totals_.refused_network, ++pending_.network; break;
    case refusal::full: ++totals_.refused_full, ++pending_.full; break;
    case refusal::host: ++totals_.refused_host, ++pending_.host; break;
    case refusal::files: ++totals_.refused_files, ++pending_.files; break;
    case refusal::options: ++totals_.refused_options, ++pending_.options; break;
    case refusal::proxy_header: ++totals_.refused_proxy_header, ++pending_.proxy_header; break;
    }
}

refusals refusal_log::take(time_point now) {
    next_report_ = now + interval;
    return std::exchange(pending_, {});
}

} // namespace audiosocket::detail
