// SPDX-License-Identifier: Apache-2.0
#include "net/proxy_header.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <cstdint>
#include <string_view>

namespace audiosocket::detail {
namespace {

using namespace std::string_view_literals;
namespace ip = boost::asio::ip;

constexpr std::string_view signature = "\r\n\r\n\0\r\nQUIT\n"sv; // of version 2
constexpr std::string_view first_word = "PROXY "sv;              // of version 1

constexpr std::size_t shortest_line = "PROXY UNKNOWN\r\n"sv.size();

// Byte 12 of version 2: the version and the command.
constexpr unsigned version_2_local = 0x20;
constexpr unsigned version_2_proxy = 0x21;

// Byte 13 of version 2: family and transport.
constexpr unsigned unspecified = 0x00;
constexpr unsigned tcp_over_ipv4 = 0x11;
constexpr unsigned tcp_over_ipv6 = 0x21;

// Two addresses and two ports.
constexpr std::size_t ipv4_bytes = 12;
constexpr std::size_t ipv6_bytes = 36;

constexpr std::size_t extension_head_bytes = 3;
constexpr unsigned checksum_extension = 0x03; // PP2_TYPE_CRC32C

std::string_view as_text(std::span<const std::byte> bytes) noexcept {
    return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

unsigned byte_at(std::span<const std::byte> bytes, std::size_t i) noexcept {
    return std::to_integer<unsigned>(bytes[i]);
}

std::size_t length_at(std::span<const std::byte> bytes, std::size_t i) noexcept {
    return byte_at(bytes, i) << 8 | byte_at(bytes, i + 1);
}

// RFC 3720, appendix B.4. Headers are short and have a checksum seldom, so no table is needed.
std::uint32_t crc32c(std::span<const std::byte> bytes) noexcept {
    constexpr std::uint32_t polynomial = 0x82f63b78; // reflected
    std::uint32_t sum = 0xffffffff;
    for (const std::byte b : bytes) {
        sum ^= std::to_integer<std::uint32_t>(b);
        for (int bit = 0; bit < 8; ++bit)
            sum = (sum >> 1) ^ ((sum & 1) != 0 ? polynomial : 0);
    }
    return ~sum;
}

std::string hex(unsigned byte) {
    constexpr std::string_view digits = "0123456789abcdef";
    return {'0', 'x', digits[byte >> 4 & 15], digits[byte & 15]};
}

// Takes the next word of a line; words are separated by one space.
std::string_view next_word(std::string_view& line) noexcept {
    const auto end = std::min(line.find(' '), line.size());
    const auto word = line.substr(0, end);
    line.remove_prefix(std::min(end + 1, line.size()));
    return word;
}

std::optional<std::uint16_t> port_in(std::string_view word) noexcept {
    std::uint16_t port = 0;
    const auto [end, error] = std::from_chars(word.data(), word.data() + word.size(), port);
    const bool leading_zero = word.size() > 1 && word.front() == '0';
    if (error != std::errc{} || end != word.data() + word.size() || leading_zero) return std::nullopt;
    return port;
}

// Returns the address in this word, if it is one of this family. The characters are checked, because make_address takes
// a scope, and ends at a zero byte.
std::optional<ip::address> address_in(std::string_view word, bool ipv6) {
    if (word.find_first_not_of("0123456789abcdefABCDEF.:") != std::string_view::npos) return std::nullopt;
    boost::system::error_code error;
    const auto found = ip::make_address(std::string(word), error);
    if (error || found.is_v6() != ipv6) return std::nullopt;
    return found;
}

} // namespace

bool proxy_header::is_binary() const noexcept {
    return !bytes_.empty() && byte_at(bytes_, 0) == '\r';
}

std::size_t proxy_header::missing() const noexcept {
    if (state_ != state::reading) return 0;
    if (is_binary()) {
        const std::size_t whole = bytes_.size() < head_bytes ? head_bytes : head_bytes + length_at(bytes_, 14);
        return whole - bytes_.size();
    }
    if (bytes_.size() < shortest_line) return shortest_line - bytes_.size();
    return byte_at(bytes_, bytes_.size() - 1) == '\r' ? 1 : 2;
}

std::size_t proxy_header::receive(std::span<const std::byte> bytes) {
    std::size_t taken = 0;
    while (state_ == state::reading && taken < bytes.size()) {
        const auto next = bytes.subspan(taken, std::min(missing(), bytes.size() - taken));
        bytes_.insert(bytes_.end(), next.begin(), next.end());
        taken += next.size();
        examine();
    }
    return taken;
}

void proxy_header::receive_end() {
    if (state_ == state::reading) fail("the connection ended inside of the PROXY header");
}

void proxy_header::fail(std::string what) {
    state_ = state::wrong;
    source_.reset();
    mistake_ = std::move(what);
}

void proxy_header::examine() {
    const auto text = as_text(bytes_);
    const auto expected = is_binary() ? signature : first_word;
    const auto known = std::min(text.size(), expected.size());
    if (text.substr(0, known) != expected.substr(0, known)) return fail("no PROXY header at the start");
    if (is_binary())
        examine_binary();
    else
        examine_line();
}

// Reads "PROXY TCP4 192.0.2.1 192.0.2.9 56324 9092" CR LF, or "PROXY UNKNOWN" and anything, CR LF.
void proxy_header::examine_line() {
    auto line = as_text(bytes_);
    const auto end = line.find("\r\n"); // earlier than at the end only in a line that is too short to be valid
    if (end == std::string_view::npos) {
        if (line.size() + missing() > line_bytes_max)
            fail("the line of the PROXY header has more than " + std::to_string(line_bytes_max) + " bytes");
        return;
    }
    line = line.substr(first_word.size(), end - first_word.size());
    const auto family = next_word(line);
    if (family == "UNKNOWN") {
        state_ = state::complete;
        return;
    }
    if (family != "TCP4" && family != "TCP6")
        return fail("the family in the PROXY header is not TCP4, TCP6 or UNKNOWN");
    const bool ipv6 = family == "TCP6";
    const auto from = address_in(next_word(line), ipv6);
    const auto to = address_in(next_word(line), ipv6);
    const auto from_port = port_in(next_word(line));
    const auto to_port = port_in(next_word(line));
    if (!from || !to) return fail("an address in the PROXY header is not valid for its family");
    if (!from_port || !to_port) return fail("a port in the PROXY header is not a number from 0 to 65535");
    if (!line.empty()) return fail("the PROXY header has text behind its ports");
    source_.emplace(*from, *from_port);
    state_ = state::complete;
}

void proxy_header::examine_binary() {
    if (bytes_.size() < head_bytes) return;
    const unsigned command = byte_at(bytes_, 12);
    const unsigned family = byte_at(bytes_, 13);
    const std::size_t length = length_at(bytes_, 14);
    if (command != version_2_local && command != version_2_proxy)
        return fail("version and command " + hex(command) + " in the PROXY header are not known");
    if (length > addresses_bytes_max)
        return fail("the PROXY header announces " + std::to_string(length) + " bytes; at most " +
                    std::to_string(addresses_bytes_max) + " are accepted");
    if (bytes_.size() < head_bytes + length) return;
    state_ = state::complete;
    is_local_ = command == version_2_local;
    if (!is_local_) read_addresses(family, std::span(bytes_).subspan(head_bytes));
}

void proxy_header::read_addresses(unsigned family, std::span<const std::byte> from) {
    const auto too_short = [this] { fail("the PROXY header is too short for its addresses"); };
    if (family == tcp_over_ipv4) {
        if (from.size() < ipv4_bytes) return too_short();
        ip::address_v4::bytes_type source{};
        std::ranges::transform(from.first(source.size()), source.begin(), std::to_integer<unsigned char>);
        source_.emplace(ip::address_v4(source), static_cast<std::uint16_t>(length_at(from, 8)));
        check_extensions(head_bytes + ipv4_bytes);
    } else if (family == tcp_over_ipv6) {
        if (from.size() < ipv6_bytes) return too_short();
        ip::address_v6::bytes_type source{};
        std::ranges::transform(from.first(source.size()), source.begin(), std::to_integer<unsigned char>);
        source_.emplace(ip::address_v6(source), static_cast<std::uint16_t>(length_at(from, 32)));
        check_extensions(head_bytes + ipv6_bytes);
    } else if (family != unspecified) {
        fail("family and transport " + hex(family) + " in the PROXY header are not TCP over IPv4 or IPv6");
    }
}

void proxy_header::check_extensions(std::size_t from) {
    while (from < bytes_.size()) {
        const std::size_t left = bytes_.size() - from;
        if (left < extension_head_bytes || length_at(bytes_, from + 1) > left - extension_head_bytes)
            return fail("an extension (TLV) of the PROXY header is longer than the header");
        const std::size_t length = length_at(bytes_, from + 1);
        if (byte_at(bytes_, from) == checksum_extension) check_sum(from + extension_head_bytes, length);
        from += extension_head_bytes + length;
    }
}

// The checksum is that of the whole header, with zeros in the place of the checksum.
void proxy_header::check_sum(std::size_t at, std::size_t length) {
    if (length != 4) return fail("the checksum of the PROXY header does not have four bytes");
    const std::size_t sent = length_at(bytes_, at) << 16 | length_at(bytes_, at + 2);
    auto zeroed = bytes_;
    std::fill_n(zeroed.begin() + static_cast<std::ptrdiff_t>(at), length, std::byte{});
    if (crc32c(zeroed) != sent) fail("the checksum of the PROXY header is wrong");
}

} // namespace audiosocket::detail
