// SPDX-License-Identifier: Apache-2.0
// Nodes join, die, drain and are cut off, and the directory goes away and loses everything. A seed names a run
// (support/seed.hpp). AUDIOSOCKET_CLUSTER=NODES:CALLS:SECONDS chooses the size: 100:200000:600 is the full form.

#include "sim/cluster/simulated_cluster.hpp"
#include "support/seed.hpp"

#include <gtest/gtest.h>

using namespace audiosocket;

TEST(cluster, every_call_has_one_home_and_keeps_its_context_whatever_fails) {
    test::for_each_seed(2, [](unsigned seed) {
        SCOPED_TRACE(test::replay(seed));
        test::simulated_cluster c(seed, test::size_of_run::chosen());
        c.run();
        c.report();
        return !testing::Test::HasFailure();
    });
}
