// SPDX-License-Identifier: Apache-2.0
#include "bench/idle_connections.hpp"

#include "base/failure.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <system_error>

namespace audiosocket::app::bench {

idle_connections::idle_connections(const endpoint& server, std::size_t count) {
    sockets_.reserve(count);
    for (std::size_t i = 0; i < count; ++i) {
        call_socket socket;
        if (const int error = socket.connect_and_wait(server); error != 0)
            throw failure(exit_code::network, fmt::format("--idle: the server accepted {} connections, then: {}", i,
                                                          std::generic_category().message(error)));
        sockets_.push_back(std::move(socket));
    }
}

std::size_t idle_connections::closed_by_server() const {
    std::byte one{};
    return static_cast<std::size_t>(std::ranges::count_if(sockets_, [&](const call_socket& s) {
        const auto n = recv(s.descriptor(), &one, 1, MSG_DONTWAIT | MSG_PEEK);
        return n == 0 || (n < 0 && errno != EAGAIN);
    }));
}

} // namespace audiosocket::app::bench
