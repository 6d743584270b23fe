// SPDX-License-Identifier: Apache-2.0
#include "net/accepted_socket.hpp"

#include <sys/resource.h>
#include <sys/socket.h>

#include <limits>

namespace audiosocket::detail {

void accepted_socket::reset() noexcept {
    const linger at_once{1, 0};
    ::setsockopt(socket_.get(), SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
    socket_.close();
}

std::size_t open_files_max() noexcept {
    rlimit limit{};
    if (getrlimit(RLIMIT_NOFILE, &limit) != 0) return std::numeric_limits<std::size_t>::max();
    return limit.rlim_cur;
}

} // namespace audiosocket::detail
