// SPDX-License-Identifier: Apache-2.0
// Compares the decoder with the simplest parser of a whole stream. However the stream is cut, both find the same
// messages, and the same unfinished message at the end.
//
// Input: a byte that says how to cut, then the stream.

#include "fuzz/require.hpp"

#include <audiosocket/protocol.hpp>

#include <algorithm>
#include <memory>
#include <vector>

using namespace audiosocket;

namespace {

using bytes = std::vector<std::byte>;

struct result {
    std::vector<std::pair<kind, bytes>> messages;
    bytes rest;

    bool operator==(const result&) const = default;
};

result reference(std::span<const std::byte> stream) {
    result out;
    while (stream.size() >= 3) {
        const auto length = std::to_integer<std::size_t>(stream[1]) * 256 + std::to_integer<std::size_t>(stream[2]);
        if (stream.size() < 3 + length) break;
        const auto payload = stream.subspan(3, length);
        out.messages.emplace_back(static_cast<kind>(stream[0]), bytes(payload.begin(), payload.end()));
        stream = stream.subspan(3 + length);
    }
    out.rest.assign(stream.begin(), stream.end());
    return out;
}

// Takes the lengths from a small generator, so that one byte of input stands for many ways to cut.
result decoded(std::span<const std::byte> stream, unsigned cutting) {
    result out;
    decoder d;
    unsigned state = cutting;
    while (!stream.empty()) {
        state = state * 1664525U + 1013904223U;
        const std::size_t wanted = cutting == 0 ? stream.size() : cutting == 1 ? 1 : 1 + (state >> 16) % (cutting * 4);
        const auto piece = stream.first(std::min(wanted, stream.size()));
        const auto exact = std::make_unique<bytes>(piece.begin(), piece.end());
        d.feed(*exact);
        while (const auto m = d.next())
            out.messages.emplace_back(m->kind, bytes(m->payload.begin(), m->payload.end()));
        stream = stream.subspan(piece.size());
    }
    const auto rest = d.pending_bytes();
    out.rest.assign(rest.begin(), rest.end());
    REQUIRE(d.in_message() == !out.rest.empty());
    REQUIRE(d.pending_header().has_value() == (out.rest.size() >= header_bytes));
    return out;
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    if (size == 0) return 0;
    const auto stream = std::as_bytes(std::span(data, size)).subspan(1);
    const result expected = reference(stream);
    REQUIRE(decoded(stream, 0) == expected);
    REQUIRE(decoded(stream, 1) == expected);
    REQUIRE(decoded(stream, 2U + data[0]) == expected);

    for (const auto& [k, payload] : expected.messages) { // the accessors accept any bytes
        const message m{k, payload};
        error_code error;
        m.id(error);
        REQUIRE(!error == (k == kind::id && payload.size() == 16));
        REQUIRE((m.error() == error_bits::none) ==
                (k != kind::error || (!payload.empty() && payload[0] == std::byte{0})));
        REQUIRE(!m.dtmf_digit() || is_dtmf_digit(*m.dtmf_digit()));
    }
    return 0;
}
