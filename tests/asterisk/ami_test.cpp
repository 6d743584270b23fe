// SPDX-License-Identifier: Apache-2.0
// Call files, the console and AMI, as docs/asterisk.md describes them: calls are made, moved and ended from outside.

#include "ami.hpp"
#include "asterisk_test.hpp"

using namespace audiosocket;
using namespace audiosocket::test;

namespace {

class asterisk_outside : public asterisk_test {
  protected:
    static constexpr auto id = "40325ec2-5efd-4bd3-805f-53576e581d13";

    static bool is_there(const answerer::record& r) { return to_string(r.id) == id; }

    // The server hangs up; the recipes then log how the call went.
    void expect_to_go_on(answerer& us, const std::string& log_line) const {
        us.hang_up_all();
        EXPECT_TRUE(asterisk->wait_for_log(log_line));
    }
};

} // namespace

TEST_F(asterisk_outside, call_file_calls_the_phone_and_then_the_server) {
    answerer us;
    start_asterisk(us.where());
    const auto spool = asterisk->folder() / "spool";
    std::ofstream(spool / "tmp" / "one.call")
        << "Channel: Local/answers@phone\nMaxRetries: 2\nRetryTime: 60\n"
           "WaitTime: 30\nContext: bot-out\nExtension: s\nPriority: 1\nSetvar: ID="
        << id << '\n';
    std::filesystem::rename(spool / "tmp" / "one.call", spool / "outgoing" / "one.call");
    ASSERT_TRUE(us.wait_for(is_there));
    expect_to_go_on(us, std::string(id) + ": SUCCESS");
}

TEST_F(asterisk_outside, console_originates_with_the_application) {
    answerer us;
    start_asterisk(us.where());
    asterisk->rx("channel originate Local/answers@phone application AudioSocket " + std::string(id) + "," + us.where());
    ASSERT_TRUE(us.wait_for(is_there));
    us.hang_up_all();
    EXPECT_TRUE(us.wait_for_end());
}

TEST_F(asterisk_outside, ami_originates_and_reports_the_answer) {
    answerer us;
    start_asterisk(us.where());
    ami manager(*asterisk);
    manager.act("Originate", {{"Channel", "Local/answers@phone"},
                              {"Context", "bot-out"},
                              {"Exten", "s"},
                              {"Priority", "1"},
                              {"Timeout", "30000"},
                              {"Variable", std::string("ID=") + id},
                              {"Async", "true"}});
    manager.wait_for_event({{"Event", "OriginateResponse"}, {"Response", "Success"}});
    ASSERT_TRUE(us.wait_for(is_there));
    expect_to_go_on(us, std::string(id) + ": SUCCESS");
}

TEST_F(asterisk_outside, ami_finds_the_caller_of_a_uuid_and_redirects_them) {
    answerer us;
    start_asterisk(us.where());
    ami manager(*asterisk);
    asterisk->rx("channel originate Local/100@bot-application extension quiet@phone");
    const auto call = us.wait_for([](const auto&) { return true; });
    ASSERT_TRUE(call);
    const auto begun = manager.wait_for_event(
        {{"Event", "Newexten"}, {"AppData", "AudioSocket(" + to_string(call->id) + "," + us.where() + ")"}});
    EXPECT_EQ(ami::value(begun, "Application"), "TryExec");
    manager.act(
        "Redirect",
        {{"Channel", ami::value(begun, "Channel")}, {"Context", "phone"}, {"Exten", "wait-3600"}, {"Priority", "1"}});
    const auto ended = us.wait_for_end();
    ASSERT_TRUE(ended);
    EXPECT_FALSE(is_failure(ended->ends.front().reason)) << name(ended->ends.front().reason);
    EXPECT_TRUE(asterisk->wait_for_log("Executing [wait-3600@phone:1]"));
    EXPECT_EQ(asterisk->log().find(to_string(call->id) + ": "), std::string::npos) << "the bot's dialplan went on";
}

TEST_F(asterisk_outside, ami_hangs_up_the_servers_channel_and_the_dialplan_goes_on) {
    answerer us;
    start_asterisk(us.where());
    ami manager(*asterisk);
    asterisk->rx("channel originate Local/200@bot-channel extension quiet@phone");
    const auto set = manager.wait_for_event({{"Event", "VarSet"}, {"Variable", "AUDIOSOCKET_UUID"}});
    const auto call = us.wait_for([](const auto&) { return true; });
    ASSERT_TRUE(call);
    EXPECT_EQ(ami::value(set, "Value"), to_string(call->id));
    const std::string channel = "AudioSocket/" + us.where() + "-" + to_string(call->id);
    EXPECT_EQ(ami::value(set, "Channel"), channel);
    manager.act("Hangup", {{"Channel", channel}});
    EXPECT_TRUE(asterisk->wait_for_log(to_string(call->id) + ": ANSWER"));
}

TEST_F(asterisk_outside, ami_sets_a_variable_during_the_call) {
    answerer us;
    start_asterisk(us.where());
    ami manager(*asterisk);
    asterisk->rx("channel originate Local/100@bot-application extension quiet@phone");
    const auto set = manager.wait_for_event({{"Event", "VarSet"}, {"Variable", "ID"}});
    ASSERT_TRUE(us.wait_for([](const auto&) { return true; }));
    manager.act("Setvar", {{"Channel", ami::value(set, "Channel")}, {"Variable", "ID"}, {"Value", "sales"}});
    expect_to_go_on(us, "sales: SUCCESS"); // the recipe logs ID
}

TEST_F(asterisk_outside, ami_plays_a_digit_to_the_caller) {
    answerer us;
    answerer phone;
    start_asterisk(us.where());
    ami manager(*asterisk);
    asterisk->originate_from(phone.where(), "slin", "application");
    const auto set = manager.wait_for_event({{"Event", "VarSet"}, {"Variable", "ID"}});
    ASSERT_TRUE(us.wait_for([](const auto&) { return true; }));
    manager.act("PlayDTMF", {{"Channel", ami::value(set, "Channel")}, {"Digit", "5"}});
    EXPECT_TRUE(phone.wait_for([](const auto& r) { return r.digits == "5"; }));
}
