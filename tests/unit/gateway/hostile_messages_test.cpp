// SPDX-License-Identifier: Apache-2.0
// Whatever a back end sends, no dialect throws. Each dialect sends and requests only well-formed messages.
#include "unit/gateway/any_message.hpp"

#include "support/bytes.hpp"
#include "support/seed.hpp"

#include <gtest/gtest.h>

#include <random>

using namespace audiosocket;
using namespace std::chrono_literals;
using test::any_call;
using test::messages;
using test::sample_call;

namespace {

// Does everything once that may happen to a call. Returns what the call asked for.
void live_on(sample_call& call, time_point now) {
    auto& in = *call.in;
    in.caller_audio(test::numbered_audio(160), now, call.out);
    in.caller_digit('1', now, call.out);
    call.out.reach_marks(in, 20ms);
    call.out.clear_marks(in);
    in.tool_result("f1", "a \"result\"", false, call.out);
    in.tick(now, call.out);
}

// Returns what is wrong with the call's requests; empty if nothing is.
std::string fault_of(const sample_call& call) {
    for (const auto& text : call.out.texts) {
        boost::json::error_code error;
        const auto value = boost::json::parse(text, error);
        if (error || !value.is_object()) return "sent what is not a JSON object: " + text;
    }
    if (!call.out.played.empty() && (call.out.rate_hz < 4000 || call.out.rate_hz > 768'000))
        return "played at " + std::to_string(call.out.rate_hz) + " Hz";
    return {};
}

template <class Feed>
void with_each_dialect(Feed feed) {
    for (const auto& dialect : gateway::dialects()) {
        auto call = any_call(dialect.name);
        call.open();
        ASSERT_NO_THROW(feed(call)) << dialect.name;
        ASSERT_NO_THROW(live_on(call, test::start + 10s)) << dialect.name;
        ASSERT_NO_THROW(call.in->call_ended(call.out)) << dialect.name;
        ASSERT_EQ(fault_of(call), "") << dialect.name;
    }
}

} // namespace

TEST(hostile_messages, each_message_whole_and_cut_at_each_byte_is_survived) {
    with_each_dialect([](sample_call& call) {
        for (const auto& message : messages) {
            for (std::size_t length = 0; length <= message.size(); ++length)
                call.in->text(std::string_view(message).substr(0, length), test::start, call.out);
            live_on(call, test::start);
        }
    });
}

TEST(hostile_messages, values_of_every_other_type_are_survived) {
    with_each_dialect([](sample_call& call) {
        for (const auto& message : messages) {
            // Replaces each value of the message: the text from a colon to the next end.
            for (auto colon = message.find(':'); colon != std::string::npos; colon = message.find(':', colon + 1)) {
                for (const char* other : {"null", "7", "-1e300", "18446744073709551615", "true", "\"\"", "[]", "{}",
                                          "[[7]]", "{\"a\":{}}"}) {
                    auto changed = message;
                    const auto end = changed.find_first_of(",}", colon);
                    changed.replace(colon + 1, end - colon - 1, other);
                    call.in->text(changed, test::start, call.out);
                }
            }
            live_on(call, test::start);
        }
    });
}

TEST(hostile_messages, random_bytes_are_survived) {
    test::for_each_seed(20, [](unsigned seed) {
        std::mt19937 random(seed);
        std::uniform_int_distribution<int> byte(0, 255);
        std::uniform_int_distribution<std::size_t> length(0, 300);
        with_each_dialect([&](sample_call& call) {
            for (int i = 0; i < 50; ++i) {
                std::string text(length(random), ' ');
                for (char& c : text)
                    c = static_cast<char>(byte(random));
                call.in->text(text, test::start, call.out);
                call.in->binary(test::raw(std::string_view(text)), test::start, call.out);
            }
        });
        if (!testing::Test::HasFailure()) return true;
        ADD_FAILURE() << test::replay(seed);
        return false;
    });
}

TEST(hostile_messages, damaged_messages_in_any_order_are_survived) {
    test::for_each_seed(20, [](unsigned seed) {
        std::mt19937 random(seed);
        const auto below = [&](std::size_t n) { return std::uniform_int_distribution<std::size_t>(0, n - 1)(random); };
        with_each_dialect([&](sample_call& call) {
            for (int i = 0; i < 200; ++i) {
                auto message = messages[below(messages.size())];
                for (auto damages = below(4); damages > 0; --damages)
                    message[below(message.size())] = static_cast<char>(below(256));
                call.in->text(message, test::start, call.out);
                if (below(10) == 0) live_on(call, test::start + std::chrono::milliseconds(below(20'000)));
            }
        });
        if (!testing::Test::HasFailure()) return true;
        ADD_FAILURE() << test::replay(seed);
        return false;
    });
}

TEST(hostile_messages, large_and_deep_messages_are_survived) {
    with_each_dialect([](sample_call& call) {
        const std::string letters(1'000'000, 'x');
        call.in->text(letters, test::start, call.out);
        call.in->text("{\"type\":\"" + letters + "\",\"event\":\"" + letters + "\"}", test::start, call.out);
        call.in->text("{\"type\":" + std::string(1'000'000, '['), test::start, call.out);
        call.in->binary(test::bytes(1'000'001), test::start, call.out);
        for (const auto& report : call.out.reports)
            EXPECT_LT(report.name.size() + report.text.size(), 3000U);
    });
}
