// SPDX-License-Identifier: Apache-2.0
#include "bench/congestion.hpp"

#include "base/failure.hpp"

#include <audiosocket/net/file_descriptor.hpp>

#include <fmt/format.h>

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

#include <cerrno>
#include <fstream>
#include <system_error>

namespace audiosocket::app::bench {
namespace {

std::string line_of(const std::string& file) {
    std::ifstream in(file);
    std::string line;
    std::getline(in, line);
    return line;
}

} // namespace

int set_congestion(int socket, const std::string& name) {
    const auto size = static_cast<socklen_t>(name.size());
    return setsockopt(socket, IPPROTO_TCP, TCP_CONGESTION, name.data(), size) == 0 ? 0 : errno;
}

void check_congestion(const std::string& name) {
    const file_descriptor probe(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, IPPROTO_TCP));
    const int error = probe ? set_congestion(probe.get(), name) : errno;
    if (error == 0) return;
    constexpr const char* option = "--congestion";
    if (error == EPERM)
        throw wrong_value(option, name,
                          fmt::format("only root may use it; every user may use: {}",
                                      line_of("/proc/sys/net/ipv4/tcp_allowed_congestion_control")));
    throw wrong_value(option, name,
                      fmt::format("the kernel refuses it ({}); it has: {}", std::generic_category().message(error),
                                  line_of("/proc/sys/net/ipv4/tcp_available_congestion_control")));
}

} // namespace audiosocket::app::bench
