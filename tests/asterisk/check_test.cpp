// SPDX-License-Identifier: Apache-2.0
#include "asterisk_test.hpp"

#include <boost/json/array.hpp>

using namespace audiosocket;
using namespace audiosocket::test;

namespace {

class asterisk_check : public asterisk_both_ways {};

INSTANTIATE_TEST_SUITE_P(way, asterisk_check, both_ways(), name_of_way);

} // namespace

// `audiosocket check --client` expects of callers what Asterisk does, so Asterisk must pass.
TEST_P(asterisk_check, real_asterisk_passes_as_a_caller) {
    process judge(command({"check", "--client", "--json", "127.0.0.1:0", "--duration", "4"}));
    ASSERT_TRUE(judge.wait_for_errors("\n")) << judge.err;
    const auto at = judge.err.find("127.0.0.1:");
    start_asterisk(judge.err.substr(at, judge.err.find('\n') - at));
    write_prompt(numbers(16'000));
    asterisk->originate(way(), "prompt");
    EXPECT_EQ(judge.wait(), 0) << judge.out << judge.err;
    const auto report = boost::json::parse(judge.out);
    EXPECT_GE(report.at("passed").to_number<int>(), 10) << judge.out; // without the cases that need a digit
    EXPECT_TRUE(asterisk->wait_for_log("the dialplan goes on"));
}
