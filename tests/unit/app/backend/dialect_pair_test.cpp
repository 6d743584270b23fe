// SPDX-License-Identifier: Apache-2.0
// Joins each dialect of the gateway with its far end, message by message, without a network. Neither side may send what
// the other rejects.
#include "unit/app/backend/recorded_side.hpp"

#include <audiosocket/gateway/dialect.hpp>

#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

using namespace audiosocket;
using namespace audiosocket::app::backend;
using namespace audiosocket::test;
using namespace std::chrono_literals;

namespace {

// The smallest set-up that a dialect accepts.
std::string session_of(std::string_view dialect) {
    if (dialect == "openai-live") return R"({"model":"gpt-live-1.1"})";
    if (dialect == "gemini") return R"({"model":"models/m"})";
    if (dialect == "deepgram") return R"({"agent":{"listen":{},"think":{},"speak":{}}})";
    return {};
}

// A call that joins both sides: messages arrive when deliver() is called.
class dialect_pair : public testing::TestWithParam<std::string> {
  protected:
    dialect_pair() {
        traits_ = &side_named(GetParam());
        far_ = traits_->make(there_);
        gateway::call_context context;
        context.id = uuid::random();
        context.from = "100";
        context.parameters = {{"language", "de"}};
        near_ = gateway::make_dialect(*gateway::find_dialect(GetParam()),
                                      {std::move(context), session_of(GetParam()), "0123456789abcdef0123456789abcdef"});
        far_->opened();
        near_->opened(now_, here_);
        deliver();
    }

    void deliver() {
        for (bool more = true; more;) {
            more = false;
            for (const auto& text : std::exchange(here_.texts, {}))
                more = true, far_->text(text);
            for (const auto& bytes : std::exchange(here_.binaries, {}))
                more = true, far_->binary(bytes);
            for (const auto& text : std::exchange(there_.texts, {}))
                more = true, near_->text(text, now_, here_);
            for (const auto& bytes : std::exchange(there_.binaries, {}))
                more = true, near_->binary(bytes, now_, here_);
        }
    }

    void speak(std::size_t ms) {
        const std::vector<std::int16_t> samples(ms * static_cast<std::size_t>(near_->caller_rate_hz()) / 1000, 8000);
        near_->caller_audio(samples, now_, here_);
        now_ += std::chrono::milliseconds(ms);
        deliver();
    }

    // The far end plays for this long and sets a mark behind the audio.
    void answer(std::size_t ms) {
        far_->play(std::vector<std::int16_t>(ms * static_cast<std::size_t>(far_->rate_hz()) / 1000, 4000));
        far_->mark("end-1");
        deliver();
    }

    // Reports all pending marks as reached.
    void play_out(std::chrono::milliseconds sent) {
        for (const auto& name : std::exchange(here_.marks, {})) {
            played_event reached;
            reached.mark = name;
            reached.sent = sent;
            near_->played(reached, here_);
        }
        deliver();
    }

    bool has(const std::string& action) const {
        return std::ranges::find(here_.actions, action) != here_.actions.end();
    }

    // Neither side has found a fault in the other's messages.
    void expect_agreement() const {
        EXPECT_EQ(there_.violations, std::vector<std::string>{});
        for (const auto& each : here_.reports)
            EXPECT_TRUE(each.what == gateway::dialect_report::type::transcript) << each.name << ": " << each.text;
    }

    const side_traits* traits_ = nullptr;
    recorded_owner there_;
    recorded_output here_;
    std::unique_ptr<side> far_;
    std::unique_ptr<gateway::dialect> near_;
    time_point now_{1h};
};

class dialect_pair_with_functions : public dialect_pair {};
class dialect_pair_with_longest_time : public dialect_pair {};

} // namespace

TEST_P(dialect_pair, call_starts_and_audio_goes_both_ways) {
    ASSERT_EQ(there_.events.size(), 1U);
    EXPECT_TRUE(there_.events.front().starts_with("started ")) << there_.events.front();
    EXPECT_TRUE(has("ready"));
    EXPECT_EQ(near_->caller_rate_hz(), far_->caller_rate_hz());
    speak(100);
    EXPECT_EQ(there_.audio.size(), static_cast<std::size_t>(far_->caller_rate_hz()) / 10);
    const auto before = here_.played.size(); // a service that listens and speaks at the same time has sent silence
    answer(500);
    if (traits_->speed == 1) speak(500); // it sends as much audio as it receives
    EXPECT_EQ(here_.played.size() - before, static_cast<std::size_t>(far_->rate_hz()) / 2);
    EXPECT_NE(here_.played.back(), 0);
    EXPECT_EQ(here_.rate_hz, far_->rate_hz());
    play_out(500ms);
    EXPECT_EQ(std::ranges::count(there_.events, "mark end-1 reached"), traits_->marks ? 1 : 0);
    expect_agreement();
}

TEST_P(dialect_pair, caller_who_interrupts_empties_the_queue) {
    speak(20);
    answer(1000);
    far_->caller_speaks(true);
    far_->clear();
    deliver();
    if (traits_->speed == 1) {
        const auto before = here_.played.size();
        speak(100); // the queue existed, and is empty
        const auto after = std::span(here_.played).subspan(before);
        EXPECT_TRUE(std::ranges::all_of(after, [](auto sample) { return sample == 0; }));
    } else {
        EXPECT_TRUE(has("clear"));
    }
    for (const auto& name : std::exchange(here_.marks, {})) {
        cleared_event cut;
        cut.mark = name;
        cut.sent = 200ms;
        near_->cleared(cut, here_);
    }
    deliver();
    far_->caller_speaks(false);
    answer(100);
    play_out(100ms);
    expect_agreement();
}

TEST_P(dialect_pair, keys_arrive) {
    near_->caller_digit('5', now_, here_);
    for (int i = 0; i < 5 && near_->deadline() != time_point::max(); ++i) {
        now_ = near_->deadline();
        near_->tick(now_, here_);
    }
    deliver();
    EXPECT_TRUE(there_.events.back() == "pressed 5" || there_.events.back().starts_with("note "))
        << there_.events.back();
    expect_agreement();
}

TEST_P(dialect_pair_with_functions, function_is_asked_for_and_its_result_comes_back) {
    there_.pending = "call_1";
    far_->call_tool({"call_1", "price", {{"item", "bread"}}});
    deliver();
    const auto asked =
        std::ranges::find(here_.reports, gateway::dialect_report::type::tool_call, &gateway::dialect_report::what);
    ASSERT_NE(asked, here_.reports.end());
    EXPECT_EQ(asked->id, "call_1");
    here_.reports.clear();
    near_->tool_result("call_1", "three euros", false, here_);
    deliver();
    const auto answered =
        std::ranges::find_if(there_.events, [](const auto& event) { return event.starts_with("result "); });
    ASSERT_NE(answered, there_.events.end());
    EXPECT_NE(answered->find("three euros"), std::string::npos) << *answered;
    expect_agreement();
}

TEST_P(dialect_pair, peer_that_is_alive_says_so) {
    far_->ping();
    deliver();
    far_->ping();
    deliver();
    EXPECT_EQ(there_.texts.size(), 0U);
    expect_agreement();
}

// Sessions of openai and openai-live that end within a minute count as failures.
TEST_P(dialect_pair_with_longest_time, session_that_has_reached_its_longest_time_is_continued_or_over) {
    speak(1000);
    now_ += 2min;
    answer(100);
    far_->announce_end(10s);
    deliver();
    far_->expire();
    deliver();
    ASSERT_EQ(there_.closes.size(), 1U);
    const auto code = static_cast<std::uint16_t>(std::stoi(there_.closes.front()));
    if (GetParam() == "elevenlabs")
        EXPECT_TRUE(has("hang up when played"));
    else
        EXPECT_EQ(near_->closed(code, "end"), gateway::after_close::reconnect);
    EXPECT_EQ(there_.violations, std::vector<std::string>{});
}

TEST_P(dialect_pair, both_can_end_it) {
    if (far_->hang_up()) {
        deliver();
        EXPECT_TRUE(has("hang up when played"));
    }
    near_->call_ended(here_);
    deliver();
    expect_agreement();
}

INSTANTIATE_TEST_SUITE_P(all, dialect_pair, testing::ValuesIn(dialects_with()), dialect_test_name);
INSTANTIATE_TEST_SUITE_P(all, dialect_pair_with_functions, testing::ValuesIn(dialects_with(&side_traits::tools)),
                         dialect_test_name);
INSTANTIATE_TEST_SUITE_P(all, dialect_pair_with_longest_time, testing::ValuesIn(dialects_with(&side_traits::limit)),
                         dialect_test_name);
