// SPDX-License-Identifier: Apache-2.0
// The messages of a client of the verb `backend`. Whatever they are, a side does not throw, sends only JSON objects,
// and reports mistakes in a short text.
//
// Input: the number of the dialect (from 128 on, its session has begun), and messages that end in a zero byte. The
// first byte of a message says what happens before it: '1' audio of the agent, '2' the end of it, '3' the caller
// interrupts, '4' a function is requested, '5' a ping, '6' the session ends; 'b' the message is binary.

#include "fuzz/require.hpp"
#include "unit/app/backend/recorded_owner.hpp"

#include <algorithm>

using namespace audiosocket;

namespace {

void act(app::backend::side& side, test::recorded_owner& owner, char what) {
    if (owner.events.empty()) return; // not started
    if (what == '1') side.play(std::vector<std::int16_t>{0, 1000, -1000});
    if (what == '2') side.mark("end-1");
    if (what == '3') side.caller_speaks(true), side.clear();
    if (what == '4') owner.pending = "call_1", side.call_tool({"call_1", "price", {}});
    if (what == '5') side.ping();
    if (what == '6') side.expire();
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    if (size == 0) return 0;
    const auto all = app::backend::sides();
    const auto& traits = all[data[0] % 128 % all.size()];
    test::recorded_owner owner;
    const auto side = traits.make(owner);
    side->opened();
    if (data[0] >= 128)
        for (const auto& message : test::opening_of(traits.name))
            side->text(test::quoted(message));
    std::string_view rest(reinterpret_cast<const char*>(data + 1), size - 1);
    while (!rest.empty()) {
        auto message = rest.substr(0, rest.find('\0'));
        rest.remove_prefix(std::min(rest.size(), message.size() + 1));
        if (message.empty()) continue;
        const char kind = message.front();
        message.remove_prefix(1);
        act(*side, owner, kind);
        if (kind == 'b')
            side->binary(std::as_bytes(std::span(message)));
        else
            side->text(message);
    }
    for (const auto& text : owner.texts) {
        boost::json::error_code error;
        REQUIRE(boost::json::parse(text, error).is_object());
        REQUIRE(!error);
    }
    for (const auto& what : owner.violations)
        REQUIRE(what.size() <= 300);
    return 0;
}
