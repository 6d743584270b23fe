// SPDX-License-Identifier: Apache-2.0
#include "gateway/placeholders.hpp"

#include "base/failure.hpp"

#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>

#include <gtest/gtest.h>

using namespace audiosocket::app;
using namespace audiosocket::app::gateway;

namespace {

audiosocket::gateway::call_context some_context() {
    audiosocket::error_code error;
    return {audiosocket::uuid::parse("40325ec2-5efd-4bd3-805f-53576e581d13", error),
            "+44 20/7946&0000",
            "100",
            {{"language", "en"}, {"quoted", "a \"b\"\r\nX-Evil: 1"}}};
}

std::string in_address(std::string_view text) {
    return expand(text, some_context(), placeholder_use::address);
}

} // namespace

TEST(placeholders, values_of_an_address_are_percent_encoded) {
    EXPECT_EQ(in_address("ws://h/{to}?from={from}&id={uuid}"),
              "ws://h/100?from=%2B44%2020%2F7946%260000&id=40325ec2-5efd-4bd3-805f-53576e581d13");
}

TEST(placeholders, unknown_name_is_empty_and_other_braces_stay) {
    EXPECT_EQ(in_address("a{nothing}b"), "ab");
    EXPECT_EQ(in_address("{}{ x }{"), "{}{ x }{");
    EXPECT_EQ(in_address("{\"json\":1}"), "{\"json\":1}");
}

TEST(placeholders, value_cannot_add_a_header) {
    EXPECT_EQ(expand("{quoted}", some_context(), placeholder_use::header), "a \"b\"  X-Evil: 1");
}

TEST(placeholders, value_within_json_stays_a_text) {
    boost::json::value in = boost::json::parse(R"({"a":["{quoted}",1,{"b":"for {to}"}]})");
    expand(in, some_context());
    EXPECT_EQ(boost::json::serialize(in), R"({"a":["a \"b\"\r\nX-Evil: 1",1,{"b":"for 100"}]})");
}

TEST(placeholders, value_is_not_expanded_again) {
    auto context = some_context();
    context.from = "{to}";
    EXPECT_EQ(expand("{from}", context, placeholder_use::text), "{to}");
}

TEST(placeholders, brace_that_is_not_closed_is_a_mistake) {
    EXPECT_NO_THROW(check_placeholders("ws://h/{uuid}"));
    EXPECT_THROW(check_placeholders("ws://h/{uuid"), failure);
}
