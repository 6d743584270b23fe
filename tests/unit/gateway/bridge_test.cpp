// SPDX-License-Identifier: Apache-2.0
#include <audiosocket/gateway/bridge.hpp>

#include <gtest/gtest.h>

#include <string>
#include <vector>

using namespace audiosocket;
using namespace audiosocket::gateway;
using namespace std::chrono_literals;

namespace {

// A dialect that does what its messages say, and records what it is given.
class plain_dialect final : public dialect {
  public:
    explicit plain_dialect(int rate_hz = 8000) : rate_hz_(rate_hz) {}

    int caller_rate_hz() const noexcept override { return rate_hz_; }
    void opened(time_point, dialect_output& out) override { out.send_text("hello"); }
    void text(std::string_view message, time_point, dialect_output& out) override {
        if (message == "ready") out.ready();
        if (message == "play") static_cast<void>(out.play(std::vector<std::int16_t>(80, 5), 8000));
        if (message == "mark") out.mark("m");
        if (message == "clear") out.clear();
        if (message == "reconnect") out.reconnect();
        if (message == "bye") out.hang_up(hang_up_time::when_played, "bye");
        if (message == "stopped") confirmed_ = true;
        if (message == "what") out.report({.what = dialect_report::type::ignored, .name = "what"});
    }
    void binary(std::span<const std::byte>, time_point, dialect_output&) override {}
    void caller_audio(std::span<const std::int16_t> samples, time_point, dialect_output& out) override {
        out.send_text("audio " + std::to_string(samples.size()) + " of " + std::to_string(samples.front()));
    }
    void caller_digit(char digit, time_point, dialect_output& out) override {
        out.send_text(std::string("digit ") + digit);
    }
    void played(const played_event& what, dialect_output& out) override { out.send_text("played " + what.mark); }
    void cleared(const cleared_event& what, dialect_output& out) override { out.send_text("cleared " + what.mark); }
    void call_ended(dialect_output& out) override { out.send_text("stop"); }
    bool may_close() const noexcept override { return !confirms_end || confirmed_; }

    bool confirms_end = false;

  private:
    const int rate_hz_;
    bool confirmed_ = false;
};

// Records what the dialect asks for.
class written_output final : public dialect_output {
  public:
    void send_text(std::string_view message) override { lines.emplace_back(message); }
    void send_binary(std::span<const std::byte>) override { lines.emplace_back("binary"); }
    void reconnect() override { lines.emplace_back("> reconnect"); }
    void ready() override { lines.emplace_back("> ready"); }
    bool play(std::span<const std::int16_t> samples, int) override {
        lines.emplace_back("> play " + std::to_string(samples.size()));
        return has_room;
    }
    void mark(std::string_view name) override { lines.push_back("> mark " + std::string(name)); }
    void clear() override { lines.emplace_back("> clear"); }
    void hang_up(hang_up_time, std::string_view why) override { lines.push_back("> hang up " + std::string(why)); }
    void fail(std::string_view why) override { lines.push_back("> fail " + std::string(why)); }
    void report(dialect_report what) override { lines.push_back("> report " + what.name); }

    std::vector<std::string> take() { return std::exchange(lines, {}); }

    std::vector<std::string> lines;
    bool has_room = true;
};

using lines = std::vector<std::string>;

class bridge_test : public ::testing::Test {
  protected:
    void say(std::int16_t first, std::size_t count = 160) {
        const std::vector<std::int16_t> samples(count, first);
        line.happened(audio_event{samples, 8000}, now);
    }
    void open() {
        line.connection_opened(now);
        line.text("ready", now);
        EXPECT_EQ(out.take(), (lines{"hello", "> ready"}));
    }

    time_point now{1h};
    written_output out;
    bridge line{std::make_unique<plain_dialect>(), out};
};

} // namespace

TEST_F(bridge_test, caller_audio_before_the_session_is_kept_in_order) {
    say(1);
    line.happened(dtmf_event{'5'}, now);
    line.connection_opened(now);
    say(2);
    EXPECT_EQ(out.take(), lines{"hello"});
    line.text("ready", now);
    say(3);
    EXPECT_EQ(out.take(), (lines{"> ready", "audio 160 of 1", "digit 5", "audio 160 of 2", "audio 160 of 3"}));
    EXPECT_EQ(line.statistics().caller_audio, 60ms);
    EXPECT_EQ(line.statistics().caller_audio_lost, 0ms);
}

TEST_F(bridge_test, oldest_caller_audio_is_dropped_beyond_the_bound_and_counted) {
    for (int i = 0; i < 500; ++i) // 10 s
        say(static_cast<std::int16_t>(i));
    line.connection_opened(now);
    line.text("ready", now);
    const auto sent = out.take();
    ASSERT_EQ(sent.size(), 2 + 400u);
    EXPECT_EQ(sent[2], "audio 160 of 100");
    EXPECT_EQ(line.statistics().caller_audio_lost, 2s);
}

TEST_F(bridge_test, digits_are_kept_up_to_the_bound_and_the_first_ones_stay) {
    for (std::size_t i = 0; i < bridge::digits_max + 5; ++i)
        line.happened(dtmf_event{i < 2 ? '1' : '2'}, now);
    line.connection_opened(now);
    line.text("ready", now);
    const auto sent = out.take();
    ASSERT_EQ(sent.size(), 2 + bridge::digits_max);
    EXPECT_EQ(sent[2], "digit 1");
}

TEST_F(bridge_test, congested_connection_gets_the_audio_later) {
    open();
    line.set_congested(true);
    say(1);
    say(2);
    EXPECT_EQ(out.take(), lines{});
    line.set_congested(false);
    EXPECT_EQ(out.take(), (lines{"audio 160 of 1", "audio 160 of 2"}));
}

TEST_F(bridge_test, audio_of_another_rate_is_converted_to_that_of_the_dialect) {
    bridge wide(std::make_unique<plain_dialect>(16'000), out);
    wide.connection_opened(now);
    wide.text("ready", now);
    out.take();
    const std::vector<std::int16_t> second(8000, 100);
    wide.happened(audio_event{second, 8000}, now);
    const auto sent = out.take();
    ASSERT_EQ(sent.size(), 1u);
    EXPECT_TRUE(sent[0].starts_with("audio 159")) << sent[0]; // a filter holds some milliseconds back
    EXPECT_EQ(wide.statistics().caller_audio, 1s);
}

TEST_F(bridge_test, reconnect_keeps_what_the_caller_says_meanwhile) {
    open();
    line.text("reconnect", now);
    say(1);
    EXPECT_EQ(out.take(), lines{"> reconnect"});
    line.connection_opened(now);
    line.text("ready", now);
    EXPECT_EQ(out.take(), (lines{"hello", "> ready", "audio 160 of 1"}));
    EXPECT_EQ(line.statistics().connections, 2u);
}

TEST_F(bridge_test, refused_audio_is_counted) {
    open();
    line.text("play", now);
    out.has_room = false;
    line.text("play", now);
    EXPECT_EQ(line.statistics().audio, 10ms);
    EXPECT_EQ(line.statistics().audio_refused, 10ms);
}

TEST_F(bridge_test, marks_and_clears_go_to_the_call_and_come_back) {
    open();
    line.text("mark", now);
    line.text("clear", now);
    line.happened(played_event{"m", 20ms}, now);
    line.happened(cleared_event{"m", 20ms, 10ms}, now);
    EXPECT_EQ(out.take(), (lines{"> mark m", "> clear", "played m", "cleared m"}));
    EXPECT_EQ(line.statistics().marks, 1u);
    EXPECT_EQ(line.statistics().clears, 1u);
}

TEST_F(bridge_test, nothing_is_asked_of_a_call_that_has_ended) {
    open();
    line.happened(ended_event{end_reason::peer_hung_up, {}, {}}, now);
    EXPECT_EQ(out.take(), lines{"stop"});
    for (const auto* message : {"play", "mark", "clear", "bye", "reconnect"})
        line.text(message, now);
    say(1);
    EXPECT_EQ(out.take(), lines{});
}

TEST_F(bridge_test, what_a_dialect_ignores_is_counted) {
    open();
    line.text("what", now);
    EXPECT_EQ(out.take(), lines{"> report what"});
    EXPECT_EQ(line.statistics().messages_ignored, 1u);
    EXPECT_EQ(line.statistics().messages_received, 2u);
}

TEST_F(bridge_test, back_end_that_confirms_the_end_is_heard_until_it_does) {
    auto language = std::make_unique<plain_dialect>();
    language->confirms_end = true;
    bridge slow(std::move(language), out);
    slow.connection_opened(now);
    slow.text("ready", now);
    EXPECT_FALSE(slow.may_close());
    slow.happened(ended_event{end_reason::peer_hung_up, {}, {}}, now);
    EXPECT_FALSE(slow.may_close());
    slow.text("stopped", now);
    EXPECT_TRUE(slow.may_close());
}

TEST_F(bridge_test, connection_may_be_closed_where_the_session_never_began) {
    line.connection_opened(now);
    line.happened(ended_event{end_reason::peer_hung_up, {}, {}}, now);
    EXPECT_TRUE(line.may_close());
    EXPECT_EQ(out.take(), lines{"hello"});
}
