// SPDX-License-Identifier: Apache-2.0
#include <audiosocket/net/network.hpp>

#include <algorithm>
#include <charconv>
#include <stdexcept>

namespace audiosocket {
namespace {

namespace ip = boost::asio::ip;

constexpr std::size_t bits_in_front_of_ipv4 = 96; // in an IPv4-mapped IPv6 address

// Longer than any address with a prefix length. An error repeats no more of the text than this.
constexpr std::size_t text_bytes_max = 64;

ip::address plain(const ip::address& a) noexcept {
    if (a.is_v6() && a.to_v6().is_v4_mapped()) return ip::make_address_v4(ip::v4_mapped, a.to_v6());
    return a;
}

std::size_t bits_of(const ip::address& a) noexcept {
    return a.is_v4() ? 32 : 128;
}

// Returns where the bits of an address begin in its key.
std::size_t first_bit(const ip::address& a) noexcept {
    return a.is_v4() ? bits_in_front_of_ipv4 : 0;
}

// Returns whether the first bits of both are the same.
bool same_bits(const host_key& a, const host_key& b, std::size_t bits) noexcept {
    const std::size_t whole = bits / 8;
    if (!std::equal(a.begin(), a.begin() + static_cast<std::ptrdiff_t>(whole), b.begin())) return false;
    const std::size_t rest = bits % 8;
    return rest == 0 || ((a[whole] ^ b[whole]) >> (8 - rest)) == 0;
}

ip::address without_host_bits(const ip::address& a, std::size_t prefix_bits) {
    if (a.is_v4()) {
        const auto mask = prefix_bits == 0 ? 0U : ~std::uint32_t{0} << (32 - prefix_bits);
        return ip::address_v4(a.to_v4().to_uint() & mask);
    }
    auto bytes = a.to_v6().to_bytes();
    for (std::size_t bit = prefix_bits; bit < 128; ++bit)
        bytes[bit / 8] = static_cast<std::uint8_t>(bytes[bit / 8] & ~(0x80U >> (bit % 8)));
    return ip::address_v6(bytes);
}

[[noreturn]] void refuse(std::string_view text, const std::string& why) {
    const std::string shown(text.substr(0, text_bytes_max));
    throw std::invalid_argument('"' + shown + (text.size() > text_bytes_max ? "..." : "") + "\": " + why);
}

std::size_t parse_bits(std::string_view text, std::string_view digits, std::size_t bits_max) {
    std::size_t bits = 0;
    const auto* const end = digits.data() + digits.size();
    const auto [rest, error] = std::from_chars(digits.data(), end, bits);
    if (error != std::errc{} || rest != end || bits > bits_max)
        refuse(text, "the prefix length has to be from 0 to " + std::to_string(bits_max));
    return bits;
}

} // namespace

host_key host_key_of(const ip::address& one) noexcept {
    if (one.is_v6()) return one.to_v6().to_bytes();
    return ip::make_address_v6(ip::v4_mapped, one.to_v4()).to_bytes();
}

network network::parse(std::string_view text) {
    const auto slash = text.find('/');
    const std::string address_text(text.substr(0, std::min(slash, text_bytes_max)));
    boost::system::error_code error;
    const auto written = ip::make_address(address_text, error);
    if (error || address_text.find('%') != std::string::npos)
        refuse(text, "expected an IP address or a network, as 192.0.2.1, 10.0.0.0/8 or 2001:db8::/32");

    network n;
    n.first_ = plain(written);
    n.prefix_bits_ = bits_of(n.first_);
    if (slash == std::string_view::npos) return n;
    const std::size_t given = parse_bits(text, text.substr(slash + 1), bits_of(written));
    const std::size_t mapping = written.is_v6() && n.first_.is_v4() ? bits_in_front_of_ipv4 : 0;
    if (given < mapping) refuse(text, "write it as an IPv4 network, as 10.0.0.0/8");
    n.prefix_bits_ = given - mapping;

    const auto first = without_host_bits(n.first_, n.prefix_bits_);
    if (first != n.first_)
        refuse(text, "the address has bits set beyond its first " + std::to_string(n.prefix_bits_) + "; write " +
                         first.to_string() + "/" + std::to_string(n.prefix_bits_) + " for the network, or " +
                         n.first_.to_string() + " for that one address");
    return n;
}

bool network::contains(const ip::address& one) const noexcept {
    const auto a = plain(one);
    return a.is_v4() == first_.is_v4() &&
           same_bits(host_key_of(a), host_key_of(first_), first_bit(first_) + prefix_bits_);
}

std::string network::to_string() const {
    auto text = first_.to_string();
    if (prefix_bits_ < bits_of(first_)) text += "/" + std::to_string(prefix_bits_);
    return text;
}

} // namespace audiosocket
