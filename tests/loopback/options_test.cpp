// SPDX-License-Identifier: Apache-2.0
#include <audiosocket/audiosocket.hpp>

#include <gtest/gtest.h>

using namespace audiosocket;
using namespace std::chrono_literals;

namespace {

// Tests are compiled with -Wextra -Werror: naming one option must not cause a warning about the others.
TEST(options, each_can_be_given_by_its_name_alone) {
    EXPECT_TRUE(call_options{.live = true}.live);
    EXPECT_EQ(listener_options{.calls_max = 5}.calls_max, 5U);
    EXPECT_EQ(call_server_options{.threads = 2}.threads, 2U);
    EXPECT_EQ(serve_options{.threads = 2}.threads, 2U);
    EXPECT_TRUE(serve_options{.on_failed = [](const failed_call&) {}}.on_failed);
    EXPECT_EQ(connect_options{.connect_timeout = 2s}.connect_timeout, 2s);
    EXPECT_EQ(call_recorder_options{.rate_hz = 8000}.rate_hz, 8000);
    EXPECT_EQ(read_digits_options{.digits_max = 4}.digits_max, 4U);
    EXPECT_EQ(bridge_options{.delay_max = 100ms}.delay_max, 100ms);
}

} // namespace
