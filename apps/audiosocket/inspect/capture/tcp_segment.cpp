// SPDX-License-Identifier: Apache-2.0
#include "inspect/capture/tcp_segment.hpp"

#include <audiosocket/net/address.hpp>

#include <boost/asio/ip/address.hpp>

#include <algorithm>

namespace audiosocket::app::inspect {

std::string to_string(const endpoint& e) {
    namespace ip = boost::asio::ip;
    if (e.is_v6) return audiosocket::to_string(audiosocket::address{ip::address_v6(e.address).to_string(), e.port});
    ip::address_v4::bytes_type v4{};
    std::copy_n(e.address.begin(), v4.size(), v4.begin());
    return audiosocket::to_string(audiosocket::address{ip::address_v4(v4).to_string(), e.port});
}

} // namespace audiosocket::app::inspect
