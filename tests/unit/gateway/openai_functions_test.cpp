// SPDX-License-Identifier: Apache-2.0
#include "unit/gateway/openai_call.hpp"

#include <gtest/gtest.h>

using namespace audiosocket;
using namespace audiosocket::gateway;
using namespace audiosocket::test;
using namespace audiosocket::test::openai_service;
using namespace std::chrono_literals;

namespace {

class openai_functions : public openai_test {};

} // namespace

TEST_F(openai_functions, a_function_is_asked_for_and_its_result_goes_back) {
    open();
    tell(created("resp_1"));
    tell(function_done("resp_1", "call_1"));
    EXPECT_EQ(out.take(), std::vector<std::string>{quoted("tool call | call_1 | find | {'x':1}")});
    in->tool_result("call_1", quoted("{'y':2}"), false, out);
    expect_sent({"{'type':'conversation.item.create','item':{'type':'function_call_output','call_id':'call_1',"
                 "'output':'{\\'y\\':2}'}}"});
    tell(done("resp_1", "completed"));
    expect_sent({"{'type':'response.create'}"});
    tell(created("resp_2"));
    tell(done("resp_2", "completed"));
    expect_sent({});
}

TEST_F(openai_functions, the_answer_waits_for_the_results_of_all_functions) {
    open();
    tell(created("resp_1"));
    tell(function_done("resp_1", "call_1"));
    tell(function_done("resp_1", "call_2"));
    tell(done("resp_1", "completed"));
    out.take_texts();
    in->tool_result("call_2", "no", true, out);
    expect_sent({"{'type':'conversation.item.create','item':{'type':'function_call_output','call_id':'call_2',"
                 "'output':'{\\'error\\':\\'no\\'}'}}"});
    in->tool_result("call_1", "yes", false, out);
    expect_sent({"{'type':'conversation.item.create','item':{'type':'function_call_output','call_id':'call_1',"
                 "'output':'yes'}}",
                 "{'type':'response.create'}"});
}

TEST_F(openai_functions, a_function_of_an_interrupted_answer_is_not_asked_for) {
    open();
    tell(created("resp_1"));
    tell(speech_started());
    tell(function_done("resp_1", "call_1"));
    tell(done("resp_1", "cancelled"));
    EXPECT_TRUE(out.take().empty());
    in->tool_result("call_1", "x", false, out);
    EXPECT_EQ(out.take(),
              std::vector<std::string>{"ignored | function_call_output | no function call waits for the id call_1"});
}

TEST_F(openai_functions, a_function_whose_answer_is_cancelled_afterwards_is_cancelled) {
    open();
    tell(created("resp_1"));
    tell(function_done("resp_1", "call_1"));
    tell(speech_started());
    out.take();
    tell(done("resp_1", "cancelled", "{'type':'cancelled','reason':'turn_detected'}"));
    EXPECT_EQ(out.take(), std::vector<std::string>{"tool cancelled | call_1"});
}

TEST_F(openai_functions, functions_that_wait_are_bounded_and_have_ids) {
    open();
    for (int i = 0; i < 100; ++i)
        tell(function_done("r", "call_" + std::to_string(i)));
    EXPECT_EQ(std::ranges::count(out.reports, dialect_report::type::tool_call, &dialect_report::what), 64);
    tell(function_done("r", ""));
    EXPECT_EQ(out.reports.back().text, "the function call has no id");
    tell(function_done("r", std::string(300, 'x')));
    EXPECT_EQ(out.reports.back().text, "the function call's id is too long");
}

TEST_F(openai_functions, keys_are_one_message_and_ask_for_an_answer_when_there_is_none) {
    open();
    tell(created("resp_1"));
    in->caller_digit('4', now, out);
    in->caller_digit('2', now + 1s, out);
    expect_sent({});
    const auto due = in->deadline();
    EXPECT_GT(due, now + 1s);
    in->tick(due, out);
    ASSERT_EQ(out.texts.size(), 1);
    const auto item = boost::json::parse(out.texts.front()).at("item");
    EXPECT_EQ(item.at("role"), "user");
    EXPECT_NE(item.at("content").at(0).at("text").as_string().find("42"), std::string::npos);
    EXPECT_EQ(in->deadline(), time_point::max());
    out.take_texts();
    tell(done("resp_1", "completed"));
    expect_sent({"{'type':'response.create'}"});
    in->caller_digit('#', now + 9s, out);
    EXPECT_EQ(out.texts.size(), 1) << "'#' ends a number at once; response.create is still unanswered";
}
