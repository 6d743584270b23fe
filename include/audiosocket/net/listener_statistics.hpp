// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>

namespace audiosocket {

/// Counters of a listener since it began to listen.
struct listener_statistics {
    std::uint64_t connections = 0;          ///< Connections accepted, including those that were refused.
    std::uint64_t calls = 0;                ///< Connections that became calls.
    std::uint64_t refused = 0;              ///< Connections that were refused: the sum of the next six.
    std::uint64_t refused_network = 0;      ///< Refused for refusal::network.
    std::uint64_t refused_full = 0;         ///< Refused for refusal::full.
    std::uint64_t refused_host = 0;         ///< Refused for refusal::host.
    std::uint64_t refused_files = 0;        ///< Refused for refusal::files.
    std::uint64_t refused_options = 0;      ///< Refused for refusal::options.
    std::uint64_t refused_proxy_header = 0; ///< Refused for refusal::proxy_header.
    std::uint64_t evicted = 0;              ///< Closed before their id arrived, to stay within handshakes_max.
    std::uint64_t never_started = 0;        ///< Ended before they were a call, for any reason. Includes `evicted`.
    std::uint64_t accept_errors = 0;        ///< Times the system refused to accept (no descriptors, no memory).
    std::size_t calls_up = 0;               ///< Calls in progress now.
    std::size_t handshakes = 0;             ///< Connections whose id has not arrived yet, now.
};

} // namespace audiosocket
