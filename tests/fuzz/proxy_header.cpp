// SPDX-License-Identifier: Apache-2.0
// The header of the PROXY protocol: any bytes, whole and in pieces, have the same result. The parser takes no byte
// behind a header, and never announces more missing bytes than it accepts.
//
// Input: a byte that seeds the pieces, then the bytes of a connection.

#include "net/proxy_header.hpp"
#include "fuzz/require.hpp"

#include <algorithm>
#include <memory>

using namespace audiosocket::detail;

namespace {

using state = proxy_header::state;

void check(const proxy_header& h) {
    REQUIRE((h.now() == state::wrong) == !h.mistake().empty());
    REQUIRE(h.now() == state::complete || !h.source());
    REQUIRE((h.now() == state::reading) == (h.missing() > 0));
    REQUIRE(h.bytes().size() <= proxy_header::head_bytes + proxy_header::addresses_bytes_max);
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    if (size == 0) return 0;
    const auto all = std::as_bytes(std::span(data, size)).subspan(1);
    proxy_header whole;
    const auto taken = whole.receive(all);
    check(whole);

    proxy_header parts;
    std::size_t at = 0;
    for (unsigned seed = data[0]; at < all.size() && parts.now() == state::reading; seed = seed * 5 + 1) {
        const auto length = std::min<std::size_t>(all.size() - at, 1 + seed % 23);
        const auto piece = std::make_unique<std::vector<std::byte>>(
            all.begin() + static_cast<std::ptrdiff_t>(at), all.begin() + static_cast<std::ptrdiff_t>(at + length));
        at += parts.receive(*piece);
        check(parts);
    }
    REQUIRE(at == taken || whole.now() == state::wrong); // a mistake may be seen in an earlier piece
    REQUIRE(parts.now() == whole.now());
    REQUIRE(parts.source() == whole.source());
    REQUIRE(parts.mistake() == whole.mistake());
    parts.receive_end();
    REQUIRE(parts.now() != state::reading);
    return 0;
}
