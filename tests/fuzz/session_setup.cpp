// SPDX-License-Identifier: Apache-2.0
// The session set-up that a person wrote for a dialect: any text. It is refused in words that say where the mistake is,
// or a call can begin with it, whose messages are JSON objects.
//
// Input: a byte for the dialect, then the text.

#include "fuzz/input.hpp"
#include "fuzz/require.hpp"
#include "unit/gateway/recorded_output.hpp"

#include <audiosocket/audio/resampler.hpp>

#include <algorithm>
#include <stdexcept>

using namespace audiosocket;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    fuzz::input in(data, size);
    const auto& traits = in.one_of(gateway::dialects());
    const auto session = in.rest_as_text();
    bool accepted = false;
    try {
        gateway::check_session(traits, session);
        accepted = true;
    } catch (const std::invalid_argument& e) {
        REQUIRE(*e.what() != '\0');
    }
    gateway::call_context context;
    context.id = uuid{};
    try {
        const auto call = gateway::make_dialect(traits, {context, session, "0123456789abcdef0123456789abcdef"});
        REQUIRE(accepted);
        test::recorded_output out;
        const time_point now{std::chrono::hours{1}};
        call->opened(now, out);
        if (std::ranges::count(out.actions, "ready") > 0) {
            call->caller_digit('5', now, out);
            call->caller_audio(std::vector<std::int16_t>(160), now, out);
        }
        call->tick(now + std::chrono::hours{1}, out);
        call->call_ended(out);
        for (const auto& text : out.texts) {
            boost::json::error_code error;
            REQUIRE(boost::json::parse(text, error).is_object());
            REQUIRE(!error);
        }
        REQUIRE(resampler::takes(call->caller_rate_hz()));
    } catch (const std::invalid_argument&) {
        REQUIRE(!accepted);
    }
    return 0;
}
