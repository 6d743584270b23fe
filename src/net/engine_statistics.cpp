// SPDX-License-Identifier: Apache-2.0
#include <audiosocket/net/engine_statistics.hpp>

#include "net/turn_table.hpp"

namespace audiosocket {

const engine_statistics& statistics_of(boost::asio::io_context& io) {
    return boost::asio::use_service<detail::turn_table>(io).statistics();
}

// Does not make a turn table if no call has made one, because its buffer would be a waste on a thread without calls.
std::uint64_t turns_taken(boost::asio::io_context& io) {
    if (!boost::asio::has_service<detail::turn_table>(io)) return 0;
    return boost::asio::use_service<detail::turn_table>(io).turns_taken();
}

} // namespace audiosocket
