// SPDX-License-Identifier: Apache-2.0
#include "daemon/report_wording.hpp"

#include <gtest/gtest.h>

namespace audiosocket::app {

// One reason was missing in every summary.
TEST(report_wording, each_reason_of_a_refusal_is_in_the_summary) {
    refusals sum;
    sum.network = 1;
    sum.full = 2;
    sum.host = 3;
    sum.files = 4;
    sum.options = 5;
    EXPECT_EQ(refusal_counts(sum), "outside of --allow: 1, over --max-calls: 2, over --max-calls-per-host: 3, too few "
                                   "open files left (ulimit -n, LimitNOFILE=): 4, no valid options for this call: 5");
    EXPECT_EQ(refusal_counts({}), "");
}

} // namespace audiosocket::app
