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
    sum.proxy_header = 6;
    EXPECT_EQ(refusal_counts(sum),
              "outside of --allow: 1, over --max-calls: 2, over --max-calls-per-host: 3, too few "
              "open files left (ulimit -n, LimitNOFILE=): 4, no valid options for this call: 5, no "
              "valid PROXY header (--proxy-protocol): 6");
    EXPECT_EQ(refusal_counts({}), "");
}

TEST(report_wording, cause_of_a_refusal_has_its_details) {
    refusals sum;
    sum.first_reason = refusal::full;
    EXPECT_EQ(refusal_cause(sum), "over --max-calls");
    sum.first_reason = refusal::proxy_header;
    sum.first_detail = "no PROXY header at the start";
    EXPECT_EQ(refusal_cause(sum), "no valid PROXY header (--proxy-protocol): no PROXY header at the start");
}

} // namespace audiosocket::app
