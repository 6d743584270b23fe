// SPDX-License-Identifier: Apache-2.0
#include "admin/hang_up_request.hpp"

#include <boost/json/parse.hpp>

#include <gtest/gtest.h>

using namespace audiosocket;
using namespace audiosocket::app::admin;

namespace {

const std::string path = "/2010-04-01/Accounts/AC1/Calls/CA40325ec25efd4bd3805f53576e581d13.json";

unsigned objection(const std::string& body) {
    const auto found = hang_up_request::objection(body);
    return found ? found->status : 0;
}

} // namespace

TEST(admin_hang_up_request, path_names_the_call) {
    const auto wanted = hang_up_request::read(path);
    ASSERT_TRUE(wanted);
    EXPECT_EQ(wanted->account, "AC1");
    ASSERT_TRUE(wanted->id);
    EXPECT_EQ(to_string(*wanted->id), "40325ec2-5efd-4bd3-805f-53576e581d13");
}

TEST(admin_hang_up_request, other_paths_are_not_of_this_interface) {
    for (const char* other :
         {"/calls", "/2010-04-01/Accounts/AC1/Calls/CA40325ec25efd4bd3805f53576e581d13", "/2010-04-01/Accounts/.json",
          "/2010-04-01/Accounts//Calls/CA1.json", "/2010-04-01/Accounts/AC1/Calls/.json",
          "/2010-04-01/Accounts/AC1/Calls/CA1/Recordings.json", "/2010-04-01/Accounts/AC1/Calls.json",
          "/2010-04-01/Accounts/AC1.json", "/2010-04-02/Accounts/AC1/Calls/CA1.json"})
        EXPECT_FALSE(hang_up_request::read(other)) << other;
}

TEST(admin_hang_up_request, call_that_is_named_otherwise_is_not_there) {
    for (const std::string call : {"CA1", "CA40325ec25efd4bd3805f53576e581d1", "CA40325ec25efd4bd3805f53576e581d130",
                                   "CAx0325ec25efd4bd3805f53576e581d13", "40325ec25efd4bd3805f53576e581d13",
                                   "CA40325ec2-5efd-4bd3-805f-53576e581d", "SM40325ec25efd4bd3805f53576e581d13"}) {
        const auto wanted = hang_up_request::read("/2010-04-01/Accounts/AC1/Calls/" + call + ".json");
        ASSERT_TRUE(wanted) << call;
        EXPECT_FALSE(wanted->id) << call;
    }
}

TEST(admin_hang_up_request, only_the_form_that_completes_a_call_is_taken) {
    EXPECT_EQ(objection("Status=completed"), 0U);
    EXPECT_EQ(objection("StatusCallback=http%3A%2F%2Fx&Status=completed"), 0U);
    for (const char* wrong : {"", "Status=", "Status=canceled", "Status=Completed", "Url=http://x",
                              "Status=completed&%", "Status=completed&Status=completed", "{\"Status\":\"completed\"}"})
        EXPECT_EQ(objection(wrong), 400U) << wrong;
}

// Pipecat reads the status 200, or 404 with the code 20404.
TEST(admin_hang_up_request, answers_have_the_members_that_bots_read) {
    const auto wanted = hang_up_request::read(path).value();
    const auto done = wanted.hung_up();
    EXPECT_EQ(done.status, 200U);
    const auto call = boost::json::parse(done.body);
    EXPECT_EQ(call.at("sid").as_string(), "CA40325ec25efd4bd3805f53576e581d13");
    EXPECT_EQ(call.at("account_sid").as_string(), "AC1");
    EXPECT_EQ(call.at("status").as_string(), "completed");
    EXPECT_EQ(call.at("uri").as_string(), path);

    const auto gone = wanted.not_found();
    EXPECT_EQ(gone.status, 404U);
    const auto error = boost::json::parse(gone.body);
    EXPECT_EQ(error.at("code").to_number<int>(), 20404);
    EXPECT_EQ(error.at("status").to_number<int>(), 404);
    EXPECT_FALSE(error.at("message").as_string().empty());
}

TEST(admin_hang_up_request, bytes_that_are_not_utf8_are_none_in_the_answer) {
    hang_up_request odd{"AC\xff", "CA\xff", std::nullopt};
    EXPECT_NO_THROW(boost::json::parse(odd.hung_up().body));
    EXPECT_NO_THROW(boost::json::parse(odd.not_found().body));
    EXPECT_NO_THROW(boost::json::parse(hang_up_request::objection("Status=\xff")->body));
}
