// SPDX-License-Identifier: Apache-2.0
#include <audiosocket/net/engine_statistics.hpp>

#include "net/turn_table.hpp"

namespace audiosocket {

const engine_statistics& statistics_of(boost::asio::io_context& io) {
    return boost::asio::use_service<detail::turn_table>(io).statistics();
}

} // namespace audiosocket
