// SPDX-License-Identifier: Apache-2.0
#include <audiosocket/gateway/bridge.hpp>

#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <vector>

using namespace audiosocket;
using namespace audiosocket::gateway;
using namespace std::chrono_literals;

namespace {

// Records what it is given, and has what a dialect need not define.
class least_dialect : public dialect {
  public:
    explicit least_dialect(std::vector<std::string>& heard, int rate_hz = 8000) : heard_(heard), rate_hz_(rate_hz) {}

    int caller_rate_hz() const noexcept override { return rate_hz_; }
    void opened(time_point, dialect_output& out) override { out.ready(); }
    void text(std::string_view message, time_point, dialect_output& out) override {
        if (message == "fail") out.fail("the session was refused");
        if (message == "hang up") out.hang_up(hang_up_time::now, "goodbye");
        if (message == "call") out.report({.what = dialect_report::type::tool_call, .name = "find"});
    }
    void binary(std::span<const std::byte> message, time_point, dialect_output& out) override {
        heard_.push_back("binary " + std::to_string(message.size()));
        out.send_binary(message);
    }
    void caller_audio(std::span<const std::int16_t>, time_point, dialect_output&) override {}
    void caller_digit(char digit, time_point, dialect_output&) override { heard_.push_back({digit}); }
    void played(const played_event&, dialect_output&) override {}
    void cleared(const cleared_event&, dialect_output&) override {}
    void call_ended(dialect_output&) override {}

  protected:
    std::vector<std::string>& heard_;

  private:
    int rate_hz_;
};

// Has a deadline as well, and takes results of functions.
class timed_dialect final : public least_dialect {
  public:
    using least_dialect::least_dialect;
    time_point deadline() const noexcept override { return time_point(5s); }
    void tick(time_point, dialect_output&) override { heard_.emplace_back("tick"); }
    void tool_result(std::string_view id, std::string_view result, bool is_error, dialect_output&) override {
        heard_.push_back(std::string(id) + " " + std::string(result) + (is_error ? " failed" : ""));
    }
    after_close closed(std::uint16_t, std::string_view) override { return after_close::hang_up; }
};

// Counts what the bridge asks for.
class counted_output final : public dialect_output {
  public:
    void send_text(std::string_view) override {}
    void send_binary(std::span<const std::byte>) override { said.emplace_back("binary"); }
    void reconnect() override {}
    void ready() override { said.emplace_back("ready"); }
    bool play(std::span<const std::int16_t>, int) override { return true; }
    void mark(std::string_view) override {}
    void clear() override {}
    void hang_up(hang_up_time, std::string_view why) override { said.push_back("hang up " + std::string(why)); }
    void fail(std::string_view why) override { said.push_back("fail " + std::string(why)); }
    void report(dialect_report what) override {
        said.push_back((what.what == dialect_report::type::ignored ? "ignored " : "report ") + what.name);
    }

    std::vector<std::string> said;
};

using lines = std::vector<std::string>;

class bridge_dialect : public testing::Test {
  protected:
    time_point now{1h};
    lines heard;
    counted_output out;
};

} // namespace

TEST_F(bridge_dialect, time_of_the_dialect_is_that_of_the_bridge) {
    bridge line(std::make_unique<timed_dialect>(heard), out);
    EXPECT_EQ(line.deadline(), time_point(5s));
    line.tick(now);
    EXPECT_EQ(heard, lines{"tick"});
}

TEST_F(bridge_dialect, dialect_without_time_has_no_deadline) {
    bridge line(std::make_unique<least_dialect>(heard), out);
    EXPECT_EQ(line.deadline(), time_point::max());
    line.tick(now);
    EXPECT_TRUE(heard.empty());
}

TEST_F(bridge_dialect, replaced_dialect_counts_from_the_next_connection) {
    bridge line(std::make_unique<least_dialect>(heard), out);
    line.connection_opened(now);
    EXPECT_TRUE(line.is_ready());
    EXPECT_EQ(line.caller_rate_hz(), 8000);
    line.replace(std::make_unique<least_dialect>(heard, 24000));
    EXPECT_FALSE(line.is_ready());
    EXPECT_EQ(line.caller_rate_hz(), 24000);
    line.connection_opened(now);
    EXPECT_TRUE(line.is_ready());
}

TEST_F(bridge_dialect, binary_messages_pass_and_are_counted_both_ways) {
    bridge line(std::make_unique<least_dialect>(heard), out);
    line.connection_opened(now);
    const std::vector<std::byte> message(3);
    line.binary(message, now);
    EXPECT_EQ(heard, lines{"binary 3"});
    EXPECT_EQ(out.said, (lines{"ready", "binary"}));
    EXPECT_EQ(line.statistics().messages_received, 1U);
    EXPECT_EQ(line.statistics().messages_sent, 1U);
}

TEST_F(bridge_dialect, digit_reaches_a_back_end_that_is_ready_at_once) {
    bridge line(std::make_unique<least_dialect>(heard), out);
    line.connection_opened(now);
    line.happened(dtmf_event{'7'}, now);
    EXPECT_EQ(heard, lines{"7"});
    EXPECT_EQ(line.statistics().digits, 1U);
}

TEST_F(bridge_dialect, result_of_a_function_needs_a_session) {
    bridge line(std::make_unique<timed_dialect>(heard), out);
    line.tool_result("c1", "early", false);
    EXPECT_TRUE(heard.empty());
    line.connection_opened(now);
    line.tool_result("c2", "4711", false);
    line.tool_result("c3", "gone", true);
    EXPECT_EQ(heard, (lines{"c2 4711", "c3 gone failed"}));
}

// A function call before the session is set up belongs to no conversation.
TEST_F(bridge_dialect, function_call_counts_only_in_a_session) {
    bridge line(std::make_unique<least_dialect>(heard), out);
    line.text("call", now);
    EXPECT_EQ(line.statistics().tool_calls, 0U);
    EXPECT_EQ(line.statistics().messages_ignored, 1U);
    line.connection_opened(now);
    line.text("call", now);
    EXPECT_EQ(line.statistics().tool_calls, 1U);
    EXPECT_EQ(out.said, (lines{"ignored tool call", "ready", "report find"}));
}

TEST_F(bridge_dialect, close_before_the_session_was_ready_is_a_failure) {
    bridge line(std::make_unique<timed_dialect>(heard), out);
    EXPECT_EQ(line.connection_closed(1006, ""), after_close::fail);
    line.connection_opened(now);
    EXPECT_EQ(line.connection_closed(1000, ""), after_close::hang_up);
    EXPECT_FALSE(line.is_ready());
}

TEST_F(bridge_dialect, nothing_is_asked_of_a_call_that_has_ended) {
    bridge line(std::make_unique<least_dialect>(heard), out);
    line.connection_opened(now);
    line.text("hang up", now);
    line.text("fail", now);
    EXPECT_FALSE(line.is_ready());
    EXPECT_EQ(out.said, (lines{"ready", "hang up goodbye", "fail the session was refused"}));
    line.happened(ended_event{end_reason::peer_hung_up, {}, {}}, now);
    out.said.clear();
    line.text("hang up", now);
    line.text("fail", now);
    EXPECT_TRUE(out.said.empty());
}
