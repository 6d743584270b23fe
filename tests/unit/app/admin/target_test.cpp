// SPDX-License-Identifier: Apache-2.0
#include "admin/target.hpp"

#include <gtest/gtest.h>

using namespace audiosocket::app::admin;

namespace {

call_query query(const std::string& text) {
    return call_query::from(target("/calls?" + text).query);
}

} // namespace

TEST(admin_target, path_and_query_are_taken_apart_and_decoded) {
    const target t("/calls%2Fx?filter=a%26b+c&limit=7&levels");
    EXPECT_EQ(t.path, "/calls/x");
    EXPECT_EQ(t.query.at("filter"), "a&b c");
    EXPECT_EQ(t.query.at("limit"), "7");
    EXPECT_EQ(t.query.at("levels"), "");
}

TEST(admin_target, absolute_target_names_its_host) {
    const auto form = [](const std::string& target) {
        std::string host = "field";
        const auto path = origin_form(target, host);
        return host + " " + path;
    };
    EXPECT_EQ(form("/calls?limit=1"), "field /calls?limit=1");
    EXPECT_EQ(form("http://pbx:9093/calls?limit=1"), "pbx:9093 /calls?limit=1");
    EXPECT_EQ(form("https://pbx/calls"), "pbx /calls");
    EXPECT_EQ(form("http://pbx"), "pbx /");
    EXPECT_EQ(form("http://pbx?limit=1"), "pbx /?limit=1");
    EXPECT_EQ(form("http://"), " /");
    EXPECT_EQ(form("*"), "field *");
}

TEST(admin_target, path_alone_has_no_query) {
    EXPECT_TRUE(target("/").query.empty());
    EXPECT_TRUE(target("/?").query.empty());
    EXPECT_EQ(target("").path, "");
}

TEST(admin_target, broken_escapes_and_doubles_are_refused) {
    for (const char* wrong : {"/%", "/%1", "/%zz", "/%-1", "/%+1", "/?a=%", "/?a=1&a=2"})
        EXPECT_THROW(target{wrong}, bad_target) << wrong;
}

TEST(admin_target, query_of_calls_has_defaults) {
    const auto q = call_query::from({});
    EXPECT_EQ(q.limit, call_query::limit_max);
    EXPECT_EQ(q.offset, 0U);
    EXPECT_EQ(q.sort, "age");
    EXPECT_FALSE(q.descending);
    EXPECT_FALSE(q.levels);
}

TEST(admin_target, query_of_calls_is_read) {
    const auto q = query("limit=10&offset=20&sort=-jitter&filter=10.0.0&levels=1");
    EXPECT_EQ(q.limit, 10U);
    EXPECT_EQ(q.offset, 20U);
    EXPECT_EQ(q.sort, "jitter");
    EXPECT_TRUE(q.descending);
    EXPECT_EQ(q.filter, "10.0.0");
    EXPECT_TRUE(q.levels);
}

TEST(admin_target, query_of_calls_that_makes_no_sense_is_refused) {
    for (const std::string wrong : {"limit=1001", "limit=-1", "limit=", "limit=1x", "limit=99999999999999999999",
                                    "offset=1000001", "sort=weight", "sort=--age", "sort=", "levels=2", "depth=1"})
        EXPECT_THROW(query(wrong), bad_target) << wrong;
    EXPECT_THROW(query("filter=" + std::string(65, 'a')), bad_target);
}
