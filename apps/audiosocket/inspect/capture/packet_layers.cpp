// SPDX-License-Identifier: Apache-2.0
#include "inspect/capture/packet_walk.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace audiosocket::app::inspect {
namespace {

// More than any real network has: a tunnel takes four. A hostile packet could have thousands.
constexpr std::size_t headers_max = 40;

} // namespace

packet_content packet_walk::read(std::uint32_t link_type) {
    layer next{space::link, link_type};
    for (std::size_t i = 0; next.of != space::nothing; ++i)
        next = i < headers_max ? read_one(next) : named(fmt::format("more than {} headers", headers_max));
    return std::move(content_);
}

layer packet_walk::read_one(layer what) {
    switch (what.of) {
    case space::link: return link(what.number);
    case space::ethernet: return ethernet();
    case space::ethertype: return ethertype(what.number);
    case space::ppp: return ppp_protocol(what.number);
    case space::ip: return ip();
    case space::ip_protocol: return ip_protocol(what.number);
    case space::nothing: break;
    }
    return {};
}

// Removes bytes from the front; has(bytes) must be true.
void packet_walk::skip(std::size_t bytes) {
    rest_ = rest_.subspan(bytes);
    wire_bytes_ -= std::min(wire_bytes_, bytes);
}

// Limits the rest to the length in a header, which excludes the padding of Ethernet.
void packet_walk::limit(std::size_t wire_bytes) {
    wire_bytes_ = wire_bytes;
    rest_ = rest_.first(std::min(rest_.size(), wire_bytes));
}

layer packet_walk::skip_to(std::size_t bytes, layer next, std::string_view name) {
    if (!has(bytes)) return broken(name);
    skip(bytes);
    return next;
}

layer packet_walk::named(std::string name) {
    content_.what = tunnel_.empty() ? std::move(name) : fmt::format("{} in {}", name, tunnel_);
    return {};
}

layer packet_walk::broken(std::string_view name) {
    return named(
        fmt::format("{} {}", name, rest_.size() < wire_bytes_ ? "cut off in its header" : "with a wrong length"));
}

layer packet_walk::tunnel(std::string_view name, layer next) {
    tunnel_ = name;
    return next;
}

layer packet_walk::enter(std::size_t bytes, std::string_view name, layer next) {
    if (!has(bytes)) return broken(name);
    skip(bytes);
    return tunnel(name, next);
}

packet_content read_layers(std::uint32_t link_type, std::span<const std::byte> bytes, std::size_t wire_bytes) {
    return packet_walk(bytes, std::max(bytes.size(), wire_bytes)).read(link_type);
}

} // namespace audiosocket::app::inspect
