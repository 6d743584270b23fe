// SPDX-License-Identifier: Apache-2.0
#include "admin/guard.hpp"

#include <gtest/gtest.h>

using namespace audiosocket::app::admin;

namespace {

const std::string token = "0123456789abcdef";

request get(std::string target, std::string host = "127.0.0.1:9093") {
    request r;
    r.method = "GET";
    r.target = std::move(target);
    r.host = std::move(host);
    return r;
}

request hang_up(std::string origin, std::string fetch_site = {}) {
    request r = get("/calls/x");
    r.method = "DELETE";
    r.origin = std::move(origin);
    r.fetch_site = std::move(fetch_site);
    return r;
}

// Returns 0 if the request is accepted.
unsigned refusal(const guard& g, const request& r) {
    const auto refused = g.refuse(r);
    return refused ? refused->status : 0;
}

unsigned refusal_of_authorization(const std::string& authorization) {
    request r = get("/calls");
    r.authorization = authorization;
    return refusal(guard(token, "0.0.0.0"), r);
}

} // namespace

TEST(admin_guard, token_as_bearer_is_let_through) {
    EXPECT_EQ(refusal_of_authorization("Bearer " + token), 0U);
    EXPECT_EQ(refusal_of_authorization("bearer  " + token), 0U);
}

TEST(admin_guard, token_as_password_of_any_user_is_accepted) {
    EXPECT_EQ(refusal_of_authorization("Basic YW55Ym9keTowMTIzNDU2Nzg5YWJjZGVm"), 0U); // anybody:0123456789abcdef
    EXPECT_EQ(refusal_of_authorization("Basic OjAxMjM0NTY3ODlhYmNkZWY="), 0U);         // :0123456789abcdef
}

TEST(admin_guard, wrong_or_no_token_is_refused) {
    for (const std::string wrong :
         {"", "Bearer", "Bearer ", "Bearer 0123456789abcdeg", "Bearer 0123456789abcde", "Bearer 0123456789abcdef0",
          "Basic", "Basic ", "Basic !!!!", "Basic MDEyMzQ1Njc4OWFiY2RlZg==", "Digest 0123456789abcdef",
          "0123456789abcdef", "Bearer 0123456789abcdef0123456789abcdef"})
        EXPECT_EQ(refusal_of_authorization(wrong), 401U) << wrong;
}

TEST(admin_guard, refusal_names_the_way_to_authorize) {
    const auto refused = guard(token, "").refuse(get("/"));
    ASSERT_TRUE(refused);
    EXPECT_EQ(refused->fields.at(0).first, "WWW-Authenticate");
    EXPECT_NE(refused->body.find("Bearer"), std::string::npos);
}

TEST(admin_guard, health_needs_no_token) {
    EXPECT_EQ(refusal(guard(token, ""), get("/healthz")), 0U);
    EXPECT_EQ(refusal(guard(token, ""), get("/healthz/../calls")), 401U);
    EXPECT_EQ(refusal(guard(token, ""), get("/readyz")), 401U);
}

TEST(admin_guard, names_that_other_sites_may_point_here_are_refused) {
    const guard g("", "localhost");
    for (const char* ours : {"127.0.0.1:9093", "127.0.0.1", "[::1]:9093", "[::1]", "localhost:9093", "LOCALHOST"})
        EXPECT_EQ(refusal(g, get("/calls", ours)), 0U) << ours;
    for (const char* theirs : {"evil.example:9093", "evil.example", "localhost.evil.example", "127.0.0.1.evil.example",
                               "[", "[]", ":9093", "[evil.example]:9093"})
        EXPECT_EQ(refusal(g, get("/calls", theirs)), 403U) << theirs;
}

TEST(admin_guard, request_without_an_origin_is_not_a_browser_and_accepted) {
    EXPECT_EQ(refusal(guard("", "127.0.0.1"), get("/healthz", "")), 0U);
    EXPECT_EQ(refusal(guard("", "127.0.0.1"), get("/readyz", "")), 0U);
    request r = hang_up("http://evil.example");
    r.host.clear();
    EXPECT_EQ(refusal(guard("", "127.0.0.1"), r), 403U);
    r.origin = "http://";
    EXPECT_EQ(refusal(guard("", "127.0.0.1"), r), 403U);
}

TEST(admin_guard, page_of_another_site_may_look_at_nothing_more_and_change_nothing) {
    const guard g("", "127.0.0.1");
    EXPECT_EQ(refusal(g, hang_up("")), 0U); // curl
    EXPECT_EQ(refusal(g, hang_up("http://127.0.0.1:9093", "same-origin")), 0U);
    EXPECT_EQ(refusal(g, hang_up("http://evil.example")), 403U);
    EXPECT_EQ(refusal(g, hang_up("http://127.0.0.1:8080")), 403U); // another port is another site
    EXPECT_EQ(refusal(g, hang_up("null")), 403U);
    EXPECT_EQ(refusal(g, hang_up("", "cross-site")), 403U);
}

// The rule holds for each method: announcements as well as hang-ups.
TEST(admin_guard, method_that_changes_something_is_guarded_as_any_other) {
    const guard g("", "127.0.0.1");
    for (const char* method : {"PUT", "POST", "DELETE", "PATCH", "OPTIONS"}) {
        request r = hang_up("http://evil.example");
        r.method = method;
        EXPECT_EQ(refusal(g, r), 403U) << method;
        r = hang_up("", "cross-site");
        r.method = method;
        EXPECT_EQ(refusal(g, r), 403U) << method;
        r = hang_up("");
        r.method = method;
        EXPECT_EQ(refusal(g, r), 0U) << method;
        EXPECT_EQ(refusal(guard(token, ""), r), 401U) << method;
        r.host = "evil.example";
        EXPECT_EQ(refusal(g, r), 403U) << method;
    }
}

TEST(admin_guard, base64_of_the_standard_is_read_and_nothing_else) {
    EXPECT_EQ(from_base64(""), "");
    EXPECT_EQ(from_base64("Zg=="), "f");
    EXPECT_EQ(from_base64("Zm8="), "fo");
    EXPECT_EQ(from_base64("Zm9v"), "foo");
    EXPECT_EQ(from_base64("Zm9vYg=="), "foob");
    for (const char* wrong : {"Z", "Zg", "Zg=", "====", "Z===", "Zm 9", "Zm9v\n"})
        EXPECT_FALSE(from_base64(wrong)) << wrong;
}

TEST(admin_guard, only_equal_texts_are_equal) {
    EXPECT_TRUE(equal_in_constant_time("", ""));
    EXPECT_TRUE(equal_in_constant_time("abc", "abc"));
    EXPECT_FALSE(equal_in_constant_time("abc", "abd"));
    EXPECT_FALSE(equal_in_constant_time("abcabc", "abc"));
    EXPECT_FALSE(equal_in_constant_time("", "abc"));
    EXPECT_FALSE(equal_in_constant_time("abc", ""));
}
