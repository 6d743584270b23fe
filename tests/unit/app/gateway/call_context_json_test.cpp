// SPDX-License-Identifier: Apache-2.0
#include "gateway/call_context_json.hpp"

#include <gtest/gtest.h>

using namespace audiosocket::app::gateway;

namespace {

const std::string form = "application/x-www-form-urlencoded";

audiosocket::gateway::call_context context_of(const std::string& body, const std::string& type = "application/json") {
    return to_call_context(audiosocket::uuid{}, read_context(body, type));
}

std::string complaint(const std::string& body, const std::string& type = "application/json") {
    try {
        read_context(body, type);
    } catch (const invalid_context& e) {
        return e.what();
    }
    return "none";
}

using parameters = std::map<std::string, std::string>;

} // namespace

TEST(call_context_json, members_become_numbers_and_parameters) {
    const auto c = context_of(R"({"from":"+4930123","to":"700","language":"de","vip":true,"try":2,"ratio":0.5,
                                  "more":{"a":[1,"b"]},"nothing":null})");
    EXPECT_EQ(c.from, "+4930123");
    EXPECT_EQ(c.to, "700");
    EXPECT_EQ(c.parameters,
              (parameters{
                  {"language", "de"}, {"vip", "true"}, {"try", "2"}, {"ratio", "0.5"}, {"more", R"({"a":[1,"b"]})"}}));
}

TEST(call_context_json, id_is_that_of_the_call) {
    const auto id = audiosocket::uuid::parse("40325ec2-5efd-4bd3-805f-53576e581d13");
    EXPECT_EQ(to_call_context(id, "{}").id, id);
}

TEST(call_context_json, numbers_have_other_names_as_well) {
    EXPECT_EQ(context_of(R"({"caller":"1","called":"2"})").from, "1");
    EXPECT_EQ(context_of(R"({"caller":"1","called":"2"})").to, "2");
    const auto c = context_of(R"({"callerid":"1","exten":"2","caller":null})");
    EXPECT_EQ(c.from, "1");
    EXPECT_EQ(c.to, "2");
    EXPECT_TRUE(c.parameters.empty());
    const auto both = context_of(R"({"caller":"other","from":4930123})"); // the first name counts; a number is text
    EXPECT_EQ(both.from, "4930123");
    EXPECT_EQ(both.parameters, (parameters{{"caller", "other"}}));
}

TEST(call_context_json, what_is_registered_is_kept_as_it_was_written) {
    const std::string text = "{ \"b\": 1.50,\n \"a\": \"\\u00e4\" }";
    EXPECT_EQ(read_context(text, ""), text);
    EXPECT_EQ(read_context("  {}\n", form), "  {}\n"); // curl and CURL() label every body as a form
}

TEST(call_context_json, mistake_is_reported_with_its_place) {
    EXPECT_NE(complaint("{\n  \"from\": \"1\",\n  \"to\" 2\n}").find("line 3, column 8"), std::string::npos)
        << complaint("{\n  \"from\": \"1\",\n  \"to\" 2\n}");
    EXPECT_NE(complaint("{\"from\":\"1\"").find("incomplete"), std::string::npos) << complaint("{\"from\":\"1\"");
    EXPECT_NE(complaint("{} {}").find("line 1, column 4"), std::string::npos) << complaint("{} {}");
    EXPECT_NE(complaint("{\"a\":\"\xff\"}").find("line 1, column"), std::string::npos);
    EXPECT_NE(complaint("[1]").find("not an object"), std::string::npos);
    EXPECT_NE(complaint("\"from\"").find("not an object"), std::string::npos);
    EXPECT_NE(complaint("").find("empty"), std::string::npos);
    EXPECT_NE(complaint(" \n").find("empty"), std::string::npos);
    EXPECT_NE(complaint("from=1").find("not JSON"), std::string::npos); // of no type
    const std::string deep(100, '[');
    EXPECT_NE(complaint("{\"a\":" + deep).find("not JSON"), std::string::npos);
}

TEST(call_context_json, form_is_what_the_dialplan_can_make_of_any_text) {
    const auto c = context_of("from=%2B4930123&to=700&name=O%22Neill%20%26%20Sons&empty=", form);
    EXPECT_EQ(c.from, "+4930123");
    EXPECT_EQ(c.to, "700");
    EXPECT_EQ(c.parameters, (parameters{{"name", "O\"Neill & Sons"}, {"empty", ""}}));
    EXPECT_EQ(context_of("from=1", "Application/X-WWW-Form-URLencoded; charset=utf-8").from, "1");
}

TEST(call_context_json, text_that_is_not_a_form_is_refused) {
    EXPECT_NE(complaint("[\"from\"]", form).find("neither a JSON object nor a form"), std::string::npos);
    EXPECT_NE(complaint("=x", form).find("neither"), std::string::npos);
    EXPECT_NE(complaint("from=1&from=2", form).find("from is given twice"), std::string::npos);
    EXPECT_NE(complaint("from=%", form).find("two hex digits"), std::string::npos);
    EXPECT_NE(complaint("from=%ff", form).find("UTF-8"), std::string::npos) << complaint("from=%ff", form);
}
