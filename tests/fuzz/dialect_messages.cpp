// SPDX-License-Identifier: Apache-2.0
// The messages of a gateway's back end. Whatever they are, a dialect does not throw, and sends only JSON objects. What
// it queues for the caller is at a rate that a call can play.
//
// Input: a byte for the session set-up, and messages that end in a zero byte. The first byte of a message is what
// happens before it: '1' a digit, '2' audio of the caller, '3' marks are reached, '4' marks are cleared, '5' the last
// function has a result, '6' the connection is lost and opened again, '7' the queue of the caller is full or not, 'b'
// it is binary.

#include "fuzz/dialect_messages.hpp"

#include "fuzz/require.hpp"
#include "unit/gateway/sample_call.hpp"

#include <audiosocket/audio/resampler.hpp>

#include <algorithm>
#include <array>

using namespace audiosocket;
using namespace std::chrono_literals;

namespace {

constexpr std::array session_set_ups{
    "",
    "{}",
    "{'agent':{}}",
    "{'model':'m'}",
    "{'model':'models/m'}",
    "{'greeting':'Hello'}",
    "{'model':'m','greeting':'Hello','audio':{'input':{'format':{'type':'audio/"
    "pcmu'}},'output':{'format':{'type':'audio/pcma'}}}}",
    "{'model':'models/m','greeting':'Hello','sessionResumption':{}}",
    "{'agent':{'greeting':'Hello'},'audio':{'input':{'encoding':'mulaw','sample_rate':8000},"
    "'output':{'encoding':'linear16','sample_rate':24000}}}",
};

// Returns a set-up that the dialect accepts.
std::string session_for(std::string_view dialect, unsigned which) {
    for (std::size_t i = 0; i < session_set_ups.size(); ++i) {
        const std::string session = session_set_ups[(which + i) % session_set_ups.size()];
        if (test::refusal(dialect, session).empty()) return session;
    }
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
    if (kind == '5')
        for (auto last = call.out.reports.rbegin(); last != call.out.reports.rend(); ++last)
            if (last->what == gateway::dialect_report::type::tool_call) {
                call.in->tool_result(last->id, "{\"price\": 5}", message.size() % 2 == 1, call.out);
                break;
            }
    if (kind == '6' && call.in->closed(1006, message.substr(0, 100)) == gateway::after_close::reconnect)
        call.in->opened(now, call.out);
    if (kind == '7') call.out.full = !call.out.full;
    if (kind == 'b')
        call.in->binary(std::as_bytes(std::span(message)), now, call.out);
    else
        call.in->text(message, now, call.out);
}

} // namespace

void fuzz::receive_messages(std::string_view dialect, const std::uint8_t* data, std::size_t size) {
    if (size == 0) return;
    test::sample_call call(dialect, session_for(dialect, data[0]));
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
    REQUIRE(call.out.rate_hz == 0 || resampler::takes(call.out.rate_hz));
    REQUIRE(resampler::takes(call.in->caller_rate_hz()));
    for (const auto& text : call.out.texts) {
        boost::json::error_code error;
        REQUIRE(boost::json::parse(text, error).is_object());
        REQUIRE(!error);
    }
}
