// SPDX-License-Identifier: Apache-2.0
// A real Asterisk, a real HAProxy, and three nodes.
#include "pbx.hpp"

#include "cluster/cluster_test.hpp"

#include <iostream>

using namespace audiosocket;
using namespace audiosocket::test;

namespace {

class asterisk_cluster : public cluster_test {
  protected:
    void SetUp() override {
        cluster_test::SetUp();
        if (IsSkipped()) return;
        if (const auto why = pbx::why_not(); !why.empty()) GTEST_SKIP() << skipped(why);
    }

    void TearDown() override {
        if (asterisk && HasFailure()) std::cout << "--- Asterisk's log\n" << asterisk->log();
    }

    double sum_of(const std::string& metric) const {
        double sum = 0;
        for (const auto& n : nodes)
            sum += n.metric(metric);
        return sum;
    }

    std::optional<pbx> asterisk;
};

} // namespace

TEST_F(asterisk_cluster, calls_announced_through_haproxy_arrive_through_it_at_the_node_that_knows_them) {
    // The back end does not exist, so the gateway hangs up, and the dialplan goes on.
    start_nodes("gateway", {"--dialect", "pcm", "--backend", "ws://127.0.0.1:1/", "--require-context"});
    balance();
    const auto own = folder / "asterisk";
    std::filesystem::create_directory(own);
    asterisk.emplace(own, std::vector<std::string>{"SERVER=" + balanced(),
                                                   "ADMIN=127.0.0.1:" + std::to_string(balanced_http.port())});
    constexpr int calls = 12;
    for (int n = 0; n < calls; ++n)
        asterisk->originate(n % 2 == 0 ? "balanced" : "balanced_channel", "quiet");
    EXPECT_TRUE(comes_true([&] {
        return sum_of("audiosocket_contexts_taken_total") + sum_of("audiosocket_contexts_missed_total") == calls;
    }));
    EXPECT_EQ(sum_of("audiosocket_contexts_taken_total"), calls);
    EXPECT_EQ(sum_of("audiosocket_contexts_registered_total"), calls);
    for (const auto& n : nodes)
        EXPECT_EQ(n.metric("audiosocket_contexts_taken_total"), n.metric("audiosocket_contexts_registered_total"));
    EXPECT_TRUE(asterisk->wait_for_log("balanced: the dialplan goes on"));
    EXPECT_TRUE(asterisk->wait_for_log("balanced_channel: the dialplan goes on"));
}
