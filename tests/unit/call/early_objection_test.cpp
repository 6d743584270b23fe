// SPDX-License-Identifier: Apache-2.0
#include "call/early_objection.hpp"

#include "support/bytes.hpp"

#include <gtest/gtest.h>

using namespace audiosocket;
using namespace audiosocket::test;

TEST(early_objection, before_the_id_its_first_byte_decides) {
    EXPECT_EQ(early_objection(raw({0x01}), false), error_code{});
    EXPECT_EQ(early_objection(raw({0x00}), false), error_code{}) << "a hangup is handled by the session";
    for (const int k : {0x02, 0x03, 0x10, 0x18, 0x47, 0xff})
        EXPECT_EQ(early_objection(raw({k}), false), protocol_errc::id_expected) << k;
}

TEST(early_objection, an_id_has_16_bytes) {
    EXPECT_EQ(early_objection(raw({0x01, 0x00}), false), error_code{}) << "the length is not there yet";
    EXPECT_EQ(early_objection(raw({0x01, 0x00, 0x10}), false), error_code{});
    EXPECT_EQ(early_objection(raw({0x01, 0x00, 0x10, 0x42}), false), error_code{});
    EXPECT_EQ(early_objection(raw({0x01, 0x00, 0x0f}), false), protocol_errc::id_length);
    EXPECT_EQ(early_objection(raw({0x01, 0x10, 0x10}), false), protocol_errc::id_length);
    EXPECT_EQ(early_objection(raw({0x01, 0x00, 0x00}), false), protocol_errc::id_length);
}

TEST(early_objection, after_the_id_only_another_id_is_refused) {
    EXPECT_EQ(early_objection(raw({0x01}), true), error_code{}) << "it waits for the header";
    EXPECT_EQ(early_objection(raw({0x01, 0x00, 0x10}), true), protocol_errc::id_repeated);
    EXPECT_EQ(early_objection(raw({0x01, 0x00, 0x00}), true), protocol_errc::id_repeated);
    for (const int k : {0x00, 0x02, 0x03, 0x10, 0xff})
        EXPECT_EQ(early_objection(raw({k, 0x00, 0x10}), true), error_code{}) << k;
}
