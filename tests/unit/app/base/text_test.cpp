// SPDX-License-Identifier: Apache-2.0
#include "base/json_text.hpp"
#include "base/printable.hpp"
#include "base/xml_text.hpp"

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/parse.hpp>

#include <gtest/gtest.h>

#include <cstdint>
#include <limits>

using namespace audiosocket::app;
namespace json = boost::json;

TEST(json_text, numbers_are_written_as_people_write_them) {
    EXPECT_EQ(to_text(json::array{20.0, 0.5, -3, std::numeric_limits<std::uint64_t>::max(), 1e-3}),
              "[20,0.5,-3,18446744073709551615,0.001]");
}

// Boost.JSON reads a number that is too large as infinity.
TEST(json_text, what_is_no_number_in_json_is_null) {
    EXPECT_EQ(to_text(json::parse(R"({"a":[1e30000,-1e30000]})")), R"({"a":[null,null]})");
    EXPECT_EQ(to_text(std::numeric_limits<double>::quiet_NaN()), "null");
}

TEST(json_text, empty_and_nested_values_keep_their_shape) {
    EXPECT_EQ(to_text(json::object{{"a", json::object{}}, {"b", json::array{}}, {"c", {json::object{{"d", nullptr}}}}}),
              R"({"a":{},"b":[],"c":[{"d":null}]})");
}

TEST(json_text, names_and_texts_are_escaped_and_can_be_read_again) {
    const json::value written = json::object{{"a \"name\"\n", "\x01 \\ \u00e4"}, {"plain_name", true}};
    EXPECT_EQ(json::parse(to_text(written)), written);
    EXPECT_EQ(to_text(written).find('\n'), std::string::npos);
}

TEST(json_text, rounded_keeps_three_decimals) {
    EXPECT_EQ(rounded(1.23449), 1.234);
    EXPECT_EQ(rounded(-0.0005), -0.001);
    EXPECT_EQ(rounded(1e12), 1e12);
}

TEST(xml_text, characters_that_mean_something_are_escaped) {
    EXPECT_EQ(xml_escaped(R"(<a href="b">'c' & d</a>)"), "&lt;a href=&quot;b&quot;&gt;'c' &amp; d&lt;/a&gt;");
    EXPECT_EQ(xml_escaped(""), "");
}
