// SPDX-License-Identifier: Apache-2.0
#include <audiosocket/net/engine_statistics.hpp>

#include "net/turn_table.hpp"

namespace audiosocket {

const engine_statistics& statistics_of(boost::asio::io_context& io) {
    return boost::asio::use_service<detail::turn_table>(io).statistics();
}

// Asks for no table where no call has made one: that would cost its buffer, on a thread that has no calls.
std::uint64_t turns_taken(boost::asio::io_context& io) {
    if (!boost::asio::has_service<detail::turn_table>(io)) return 0;
    return boost::asio::use_service<detail::turn_table>(io).turns_taken();
}

} // namespace audiosocket
