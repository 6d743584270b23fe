// SPDX-License-Identifier: Apache-2.0
// Addresses as people write them: HOST:PORT, and networks of the allow list. An accepted text is read again from what
// it is shown as, with the same meaning; other texts are refused in words.
//
// Input: the text. For networks also the address after a space.

#include "fuzz/require.hpp"

#include <audiosocket/net/address.hpp>
#include <audiosocket/net/network.hpp>

#include <boost/asio/ip/address.hpp>

#include <memory>
#include <stdexcept>
#include <vector>

using namespace audiosocket;
namespace ip = boost::asio::ip;

namespace {

void check_address(std::string_view text) {
    const auto read = parse_address(text);
    try {
        REQUIRE(address::parse(text) == read);
    } catch (const std::invalid_argument& e) {
        REQUIRE(!read && *e.what() != '\0');
    }
    if (!read) return;
    REQUIRE(parse_address(to_string(*read)) == read);
    REQUIRE(read->host.find_first_of("[]") == std::string::npos);
}

// Whether the first bits of both are equal.
bool agree(const ip::address& a, const ip::address& b, unsigned bits) {
    const auto key = host_key_of(a);
    const auto other = host_key_of(b);
    for (unsigned bit = 0; bit < bits; ++bit)
        if (((key[bit / 8] ^ other[bit / 8]) >> (7 - bit % 8) & 1) != 0) return false;
    return true;
}

void check_network(const std::string& text) {
    const auto space = text.find(' ');
    try {
        const auto range = network::parse(text.substr(0, space));
        const auto shown = range.to_string();
        REQUIRE(network::parse(shown) == range);
        boost::system::error_code error;
        const auto slash = shown.find('/');
        const auto first = ip::make_address(shown.substr(0, slash), error);
        REQUIRE(!error && range.contains(first));
        if (space == std::string::npos) return;
        const auto one = ip::make_address(text.substr(space + 1), error);
        if (error) return;
        // An IPv4 address is the end of an IPv6 address of 128 bits.
        const unsigned family_bits = first.is_v4() ? 32 : 128;
        const auto bits =
            slash == std::string::npos ? family_bits : static_cast<unsigned>(std::stoul(shown.substr(slash + 1)));
        REQUIRE(bits <= family_bits);
        const bool mapped = one.is_v6() && one.to_v6().is_v4_mapped();
        const bool same_family = (one.is_v4() || mapped) == first.is_v4();
        REQUIRE(range.contains(one) == (same_family && agree(first, one, 128 - family_bits + bits)));
    } catch (const std::invalid_argument& e) {
        REQUIRE(*e.what() != '\0');
    }
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string text(reinterpret_cast<const char*>(data), size);
    const auto exact = std::make_unique<std::vector<char>>(text.begin(), text.end()); // the text has no terminator
    check_address({exact->data(), exact->size()});
    check_network(text);
    return 0;
}
