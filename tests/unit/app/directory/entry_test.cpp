// SPDX-License-Identifier: Apache-2.0
#include "directory/entry.hpp"

#include <gtest/gtest.h>

using namespace audiosocket;
using namespace audiosocket::app::directory;
using namespace std::chrono_literals;

namespace {

const std::string id = "40325ec2-5efd-4bd3-805f-53576e581d13";

} // namespace

TEST(directory_entry, keys_are_read_as_they_are_written) {
    for (const auto& text : {std::string("node/web-1.example=0000002a"), "call/n=0000002a/" + id, "context/" + id,
                             "end/n=ffffffff/" + id}) {
        const auto key = entry_key::parse(text);
        ASSERT_TRUE(key) << text;
        EXPECT_EQ(key->text(), text);
    }
    EXPECT_EQ(make_node_id("n", 42), "n=0000002a");
    EXPECT_EQ(name_of("n=0000002a"), "n");
}

TEST(directory_entry, other_keys_are_refused) {
    for (const auto& text : {std::string(), std::string("node"), std::string("node/n"), std::string("node/n=2a"),
                             std::string("node/n=0000002A"), std::string("node/=0000002a"), "node/n=0000002a/" + id,
                             "call/" + id, "call/n=0000002a/" + id + "/x", std::string("call/n=0000002a/7"),
                             "context/n=0000002a/" + id, "other/" + id, "node/" + std::string(300, 'n') + "=0000002a"})
        EXPECT_FALSE(entry_key::parse(text)) << text;
}

TEST(directory_entry, values_are_read_as_they_are_written) {
    const node_facts node{node_state::full, "10.0.0.7:9092", "10.0.0.7:9093", 7, 8, 2, 0.25, 15s};
    const auto read = parse_node(to_value(node));
    ASSERT_TRUE(read);
    EXPECT_EQ(to_value(*read), to_value(node));
    EXPECT_EQ(read->lease, 15s);
    const auto context = parse_context(to_value(context_entry{"n=0000002a", true, false, "{\"from\":\"\\u0000\"}"}));
    ASSERT_TRUE(context);
    EXPECT_EQ(context->context, "{\"from\":\"\\u0000\"}");
    EXPECT_TRUE(context->held);
    EXPECT_EQ(parse_call(to_value(call_entry{"[::1]:5", 1'700'000'000'123}))->since_ms, 1'700'000'000'123);
    EXPECT_TRUE(parse_end(to_value(end_entry{true, "n=0000002a"}))->when_played);
}

TEST(directory_entry, value_that_would_harm_is_refused) {
    const std::string good = to_value(node_facts{node_state::ready, "a:1", "", 1, 2, 0, 0, 15s});
    ASSERT_TRUE(parse_node(good));
    const auto with = [&](const std::string& old, const std::string& other) {
        auto text = good;
        text.replace(text.find(old), old.size(), other);
        return text;
    };
    EXPECT_FALSE(parse_node(with("\"ready\"", "\"best\"")));
    EXPECT_FALSE(parse_node(with("\"calls\":1", "\"calls\":-1")));
    EXPECT_FALSE(parse_node(with("\"calls_max\":2", "\"calls_max\":1e300")));
    EXPECT_FALSE(parse_node(with("\"lease_ms\":15000", "\"lease_ms\":1")));
    EXPECT_FALSE(parse_node(with("\"lease_ms\":15000", "\"lease_ms\":99999999999")));
    EXPECT_FALSE(parse_node(with("\"load\":0", "\"load\":\"0\"")));
    EXPECT_FALSE(parse_node("[]"));
    EXPECT_FALSE(parse_node(std::string(100'000, '[')));
    EXPECT_FALSE(parse_context("{\"home\":\"n\",\"held\":true,\"context\":\"\"}"));
    EXPECT_FALSE(parse_context(std::string(value_bytes_max + 1, ' ')));
}

TEST(node_name, has_only_what_nats_takes) {
    for (const char* good : {"a", "a.example", ".a", "a.", "A-1_b"})
        EXPECT_TRUE(is_node_name(good)) << good;
    for (const char* bad : {"", "a..b", "a b", "a=b", "a/b"})
        EXPECT_FALSE(is_node_name(bad)) << bad;
}
