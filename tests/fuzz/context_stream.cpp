// SPDX-License-Identifier: Apache-2.0
// The announcements that a process hands over to its successor, which may be of another version. Limits are kept. How
// the bytes are split makes no difference. What was read can be written and read again.
//
// Input: the first byte is the size of the pieces; the rest is the stream.

#include "fuzz/require.hpp"

#include "daemon/context_stream.hpp"

#include <algorithm>

using namespace audiosocket;
using namespace audiosocket::app;

namespace {

constexpr std::size_t context_bytes_max = 300;
constexpr std::size_t entries_max = 20;

struct outcome {
    std::vector<waiting_context> read;
    context_reader::state state;
    std::size_t refused = 0;
};

outcome read(std::span<const std::byte> bytes, std::size_t piece) {
    context_reader reader(context_bytes_max, entries_max);
    outcome all;
    while (!bytes.empty()) {
        const auto size = std::min(piece, bytes.size());
        reader.feed(bytes.first(size));
        bytes = bytes.subspan(size);
        while (auto one = reader.next())
            all.read.push_back(*std::move(one));
    }
    all.state = reader.current_state();
    all.refused = reader.refused();
    return all;
}

bool same(const std::vector<waiting_context>& a, const std::vector<waiting_context>& b) {
    return std::ranges::equal(
        a, b, [](const auto& x, const auto& y) { return x.id == y.id && x.context == y.context && x.age == y.age; });
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    if (size == 0) return 0;
    const auto stream = std::as_bytes(std::span(data, size)).subspan(1);
    const auto whole = read(stream, stream.size());
    REQUIRE(whole.read.size() <= entries_max);
    for (const auto& one : whole.read)
        REQUIRE(one.context.size() <= context_bytes_max && one.age.count() >= 0);
    const auto pieces = read(stream, data[0] + std::size_t{1});
    REQUIRE(pieces.state == whole.state && pieces.refused == whole.refused && same(pieces.read, whole.read));
    const auto again = read(to_bytes(whole.read), 4096);
    REQUIRE(again.state == context_reader::state::complete && same(again.read, whole.read));
    return 0;
}
