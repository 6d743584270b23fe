// SPDX-License-Identifier: Apache-2.0
// The messages of a gateway's back end. Whatever they are, a dialect does not throw, and sends only JSON objects.
//
// Input: the number of the dialect, and messages that end in a zero byte. The first byte of a message is what happens
// before it: '1' a digit, '2' audio of the caller, '3' marks are reached, '4' marks are cleared, 'b' it is binary.

#include "fuzz/require.hpp"
#include "unit/gateway/sample_call.hpp"

#include <algorithm>

using namespace audiosocket;
using namespace std::chrono_literals;

namespace {

std::string session_for(std::string_view dialect) {
    for (const char* session : {"", "{}", "{'agent':{}}", "{'model':'m'}", "{'model':'models/m'}"})
        if (test::refusal(dialect, session).empty()) return session;
    std::fprintf(stderr, "no session set-up here suits the dialect %s; add one\n", std::string(dialect).c_str());
    std::abort();
}

void deliver(test::sample_call& call, std::string_view message, time_point now) {
    const char kind = message.front();
    message.remove_prefix(1);
    if (kind == '1') call.in->caller_digit('#', now, call.out);
    if (kind == '2') call.in->caller_audio(test::numbered_audio(message.size()), now, call.out);
    if (kind == '3') call.out.reach_marks(*call.in, 20ms);
    if (kind == '4') call.out.clear_marks(*call.in);
    if (kind == 'b')
        call.in->binary(std::as_bytes(std::span(message)), now, call.out);
    else
        call.in->text(message, now, call.out);
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    if (size == 0) return 0;
    const auto all = gateway::dialects();
    const auto& dialect = all[data[0] % all.size()];
    test::sample_call call(dialect.name, session_for(dialect.name));
    call.open();
    auto now = test::start;
    std::string_view rest(reinterpret_cast<const char*>(data + 1), size - 1);
    while (!rest.empty()) {
        const auto message = rest.substr(0, rest.find('\0'));
        rest.remove_prefix(std::min(rest.size(), message.size() + 1));
        if (!message.empty()) deliver(call, message, now);
        now += 1s;
        if (call.in->deadline() <= now) call.in->tick(now, call.out);
    }
    call.in->call_ended(call.out);
    for (const auto& text : call.out.texts) {
        boost::json::error_code error;
        REQUIRE(boost::json::parse(text, error).is_object());
        REQUIRE(!error);
    }
    return 0;
}
