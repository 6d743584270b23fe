// SPDX-License-Identifier: Apache-2.0
// Each dialect of the gateway against the far end of it, message by message and without a network: neither says what
// the other does not take.
#include "backend/side.hpp"
#include "unit/gateway/recorded_output.hpp"

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

// What the far end sends and reports.
class far_owner final : public side_owner {
  public:
    void send_text(std::string_view message) override { texts.emplace_back(message); }
    void send_binary(std::span<const std::byte> message) override {
        binaries.emplace_back(message.begin(), message.end());
    }
    void started(const call_start& about) override { formats.push_back(about.format); }
    void heard(std::span<const std::int16_t> samples) override { heard_samples += samples.size(); }
    void pressed(std::string_view pressed) override { digits += pressed; }
    void marked(std::string_view name, std::string_view) override { marks.emplace_back(name); }
    void noted(std::string_view what, const boost::json::object&) override { notes.emplace_back(what); }
    void stopped() override {}
    void violated(std::string what) override { violations.push_back(std::move(what)); }

    std::vector<std::string> texts;
    std::vector<std::vector<std::byte>> binaries;
    std::vector<std::string> formats;
    std::size_t heard_samples = 0;
    std::string digits;
    std::vector<std::string> marks;
    std::vector<std::string> notes;
    std::vector<std::string> violations;
};

// A call between both: what was sent arrives when deliver() is called.
class dialect_pair : public testing::TestWithParam<std::string> {
  protected:
    dialect_pair() {
        const auto all = sides();
        traits_ = &*std::ranges::find(all, std::string_view(GetParam()), &side_traits::name);
        far_ = traits_->make(there_);
        gateway::call_context context;
        context.id = uuid::random();
        context.from = "100";
        context.parameters = {{"language", "de"}};
        near_ = gateway::make_dialect(*gateway::find_dialect(GetParam()),
                                      {std::move(context), {}, "0123456789abcdef0123456789abcdef"});
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

    // The far end plays this long, with a mark behind it.
    void answer(std::size_t ms) {
        far_->play(std::vector<std::int16_t>(ms * static_cast<std::size_t>(far_->rate_hz()) / 1000, 4000));
        far_->mark("end-1");
        deliver();
    }

    // All marks that are pending are reached.
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

    // Nothing that one side has said was wrong for the other.
    void expect_agreement() const {
        EXPECT_EQ(there_.violations, std::vector<std::string>{});
        for (const auto& each : here_.reports)
            EXPECT_TRUE(each.what == gateway::dialect_report::type::transcript) << each.name << ": " << each.text;
    }

    const side_traits* traits_ = nullptr;
    far_owner there_;
    recorded_output here_;
    std::unique_ptr<side> far_;
    std::unique_ptr<gateway::dialect> near_;
    time_point now_{1h};
};

} // namespace

TEST_P(dialect_pair, call_starts_and_audio_goes_both_ways) {
    EXPECT_EQ(there_.formats.size(), 1U);
    EXPECT_TRUE(has("ready"));
    EXPECT_EQ(near_->caller_rate_hz(), far_->rate_hz());
    speak(100);
    EXPECT_EQ(there_.heard_samples, static_cast<std::size_t>(far_->rate_hz()) / 10);
    answer(500);
    EXPECT_EQ(here_.played.size(), static_cast<std::size_t>(far_->rate_hz()) / 2);
    EXPECT_EQ(here_.rate_hz, far_->rate_hz());
    play_out(500ms);
    const std::vector<std::string> reached(traits_->marks ? 1 : 0, "end-1");
    EXPECT_EQ(there_.marks, reached);
    expect_agreement();
}

TEST_P(dialect_pair, caller_who_interrupts_empties_the_queue) {
    speak(20);
    answer(1000);
    far_->caller_speaks(true);
    far_->clear();
    deliver();
    EXPECT_TRUE(has("clear"));
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
    EXPECT_TRUE(there_.digits == "5" || !there_.notes.empty());
    expect_agreement();
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

INSTANTIATE_TEST_SUITE_P(all, dialect_pair, testing::Values("twilio", "pcm", "openai"),
                         [](const auto& one) { return one.param; });
