// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "unit/gateway/recorded_output.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <functional>
#include <memory>
#include <random>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace audiosocket::test {

using dialect_maker = std::function<std::unique_ptr<gateway::dialect>()>;

/// Gives each message to the dialect, cut off at each of its bytes, in the middle of the script. Nothing throws, and
/// each text that is not JSON is reported as ignored once.
inline void expect_truncated_messages_are_ignored(const dialect_maker& make, const std::vector<std::string>& script) {
    for (std::size_t i = 0; i < script.size(); ++i) {
        const auto in = make();
        recorded_output out;
        in->opened({}, out);
        for (std::size_t before = 0; before < i; ++before)
            in->text(script[before], {}, out);
        const auto ended = std::ranges::any_of(
            out.actions, [](const std::string& action) { return action == "reconnect" || action.starts_with("fail"); });
        for (std::size_t bytes = 0; bytes < script[i].size(); ++bytes) {
            out.take();
            out.reports.clear();
            ASSERT_NO_THROW(in->text(std::string_view(script[i]).substr(0, bytes), {}, out)) << script[i];
            ASSERT_EQ(out.reports.size(), ended ? 0 : 1) << script[i].substr(0, bytes);
            if (ended) continue;
            ASSERT_EQ(out.reports.front().what, gateway::dialect_report::type::ignored);
            ASSERT_NE(out.reports.front().text, "");
        }
    }
}

/// Gives the messages to the dialect with bytes, values and fields changed at random. Nothing throws. A failure names
/// the seed.
inline void expect_random_messages_do_no_harm(const dialect_maker& make, const std::vector<std::string>& script,
                                              unsigned seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    std::mt19937 random(seed);
    const auto below = [&](std::size_t n) { return static_cast<std::size_t>(random() % n); };
    static constexpr std::string_view values[]{"null", "{}",    "[]",  "-1",        "1e300",     "\"\"",
                                               "true", "\"a\"", "[1]", "{\"a\":1}", "123456789", "\"\\u0000\""};
    for (int round = 0; round < 200; ++round) {
        const auto in = make();
        recorded_output out;
        in->opened({}, out);
        for (int step = 0; step < 30; ++step) {
            auto message = script[below(script.size())];
            if (below(3) == 0) message[below(message.size())] = static_cast<char>(below(256));
            if (const auto colon = message.find(':', below(message.size())); below(2) == 0 && colon != message.npos) {
                const auto end = std::min(message.find_first_of(",}]", colon), message.size());
                message.replace(colon + 1, end - colon - 1, values[below(std::size(values))]);
            }
            const time_point now{std::chrono::milliseconds(step * 20)};
            ASSERT_NO_THROW(in->text(message, now, out)) << message;
            ASSERT_NO_THROW(in->binary(std::as_bytes(std::span(message)), now, out)) << message;
            const std::vector<std::int16_t> audio(below(1000), 7);
            ASSERT_NO_THROW(in->caller_audio(audio, now, out));
            if (below(5) == 0) in->caller_digit('5', now, out);
            if (below(5) == 0) in->tool_result("call_1", script[below(script.size())], below(2) == 0, out);
            if (below(4) == 0) out.reach_marks(*in, std::chrono::milliseconds(below(1000)));
            if (below(4) == 0)
                out.clear_marks(*in, std::chrono::milliseconds(below(1000)), std::chrono::milliseconds(below(1000)));
            ASSERT_NO_THROW(in->tick(now, out));
            if (below(10) == 0) in->closed(static_cast<std::uint16_t>(1000 + below(20)), message);
            if (below(10) == 0) in->opened(now, out);
        }
        for (const auto& text : out.texts)
            ASSERT_NO_THROW(boost::json::parse(text)) << text; // what we send is JSON, whatever arrived
    }
}

} // namespace audiosocket::test
