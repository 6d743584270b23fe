// SPDX-License-Identifier: Apache-2.0
#include "net/admission.hpp"

#include <algorithm>
#include <stdexcept>

namespace audiosocket::detail {
namespace {

void check_number(const char* which, std::size_t networks) {
    if (networks > listener_options::networks_max)
        throw std::invalid_argument("listener_options: " + std::to_string(networks) + " networks in " + which +
                                    "; at most " + std::to_string(listener_options::networks_max));
}

bool any_contains(const std::vector<network>& networks, const boost::asio::ip::address& peer) noexcept {
    return std::ranges::any_of(networks, [&](const network& n) { return n.contains(peer); });
}

} // namespace

void validate(const listener_options& options) {
    validate(options.call);
    if (options.calls_max < 1 || options.handshakes_max < 1)
        throw std::invalid_argument("listener_options: calls_max and handshakes_max have to be at least 1");
    check_number("allow", options.allow.size());
    check_number("proxies", options.proxies.size());
}

std::optional<refusal> admission::refuses(const boost::asio::ip::address& peer, std::size_t calls) const {
    if (!allowed(peer)) return refusal::network;
    if (calls >= options_.calls_max) return refusal::full;
    if (options_.calls_per_host_max == 0) return std::nullopt;
    const auto found = hosts_.find(host_key_of(peer));
    if (found != hosts_.end() && found->second >= options_.calls_per_host_max) return refusal::host;
    return std::nullopt;
}

bool admission::is_proxy(const boost::asio::ip::address& peer) const noexcept {
    return any_contains(options_.proxies, peer);
}

std::optional<refusal> admission::refuses_proxy(std::size_t calls) const noexcept {
    return calls >= options_.calls_max ? std::optional(refusal::full) : std::nullopt;
}

bool admission::files_run_out(int descriptor, std::size_t files_max) const noexcept {
    const std::size_t reserved = std::min(options_.files_reserved, files_max / 4);
    return static_cast<std::size_t>(descriptor) >= files_max - reserved;
}

void admission::leave(const host_key& host) noexcept {
    const auto found = hosts_.find(host);
    if (--found->second == 0) hosts_.erase(found);
}

bool admission::allowed(const boost::asio::ip::address& peer) const noexcept {
    return options_.allow.empty() || any_contains(options_.allow, peer);
}

} // namespace audiosocket::detail
