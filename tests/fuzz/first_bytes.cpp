// SPDX-License-Identifier: Apache-2.0
// The first bytes of a connection or a file, which say what it is. What is shown of them is short and printable, and
// what the decoder reads as whole messages of a call is never taken for something else.
//
// Input: the bytes.

#include "fuzz/require.hpp"

#include "diagnosis/other_protocol.hpp"
#include "diagnosis/sound_head.hpp"

#include <audiosocket/protocol.hpp>

#include <vector>

using namespace audiosocket;
using namespace audiosocket::app;

namespace {

// Whether the bytes are messages that a caller may send, from the id on, and nothing else.
bool is_call(std::span<const std::byte> bytes) {
    decoder d;
    d.feed(bytes);
    std::size_t messages = 0;
    while (const auto m = d.next()) {
        if (messages == 0 && (m->kind != kind::id || m->payload.size() != uuid::size_bytes)) return false;
        if (messages > 0 && !(is_audio(m->kind) && m->payload.size() == 320)) return false;
        ++messages;
    }
    return messages > 1 && !d.in_message();
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const auto input = std::as_bytes(std::span(data, size));
    const std::vector<std::byte> bytes(input.begin(), input.end()); // nothing behind its end
    const auto other = diagnosis::recognise(bytes);
    if (other) REQUIRE(!other->name.empty() && !other->advice.empty());
    const auto sound = diagnosis::sound_head(bytes);
    const auto shown = diagnosis::shown(bytes);
    REQUIRE(shown.size() <= 120);
    for (const char c : shown)
        REQUIRE(static_cast<unsigned char>(c) >= ' ' && static_cast<unsigned char>(c) < 127);
    (void)diagnosis::is_text(bytes);
    (void)diagnosis::is_uuid_text(bytes);
    if (is_call(bytes)) {
        REQUIRE(diagnosis::starts_with_id(bytes) && diagnosis::starts_like_a_message(bytes));
        REQUIRE(diagnosis::is_surely_messages(bytes) && !other && sound.empty());
    }
    if (diagnosis::is_surely_messages(bytes)) REQUIRE(diagnosis::starts_like_a_message(bytes));
    return 0;
}
