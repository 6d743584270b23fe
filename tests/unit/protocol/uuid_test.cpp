// SPDX-License-Identifier: Apache-2.0
#include <audiosocket/protocol/uuid.hpp>

#include <gtest/gtest.h>

#include <set>

using namespace audiosocket;

namespace {
constexpr std::string_view sample = "40325ec2-5efd-4bd3-805f-53576e581d13";
}

TEST(uuid, text_reads_and_writes_back) {
    const uuid id = uuid::parse(sample);
    EXPECT_EQ(id.bytes[0], std::byte{0x40});
    EXPECT_EQ(id.bytes[4], std::byte{0x5e});
    EXPECT_EQ(id.bytes[15], std::byte{0x13});
    EXPECT_EQ(to_string(id), sample);
}

TEST(uuid, upper_case_text_is_the_same_id) {
    EXPECT_EQ(uuid::parse("40325EC2-5EFD-4BD3-805F-53576E581D13"), uuid::parse(sample));
}

TEST(uuid, malformed_text_is_refused) {
    for (std::string_view text :
         {"", "40325ec2", "40325ec25efd4bd3805f53576e581d13", "40325ec2-5efd-4bd3-805f-53576e581d1",
          "40325ec2-5efd-4bd3-805f-53576e581d133", "40325ec2-5efd-4bd3-805f_53576e581d13",
          "g0325ec2-5efd-4bd3-805f-53576e581d13", "{40325ec2-5efd-4bd3-805f-53576e581d1}"}) {
        error_code error;
        EXPECT_EQ(uuid::parse(text, error), uuid{}) << text;
        EXPECT_EQ(error, usage_errc::malformed_uuid) << text;
    }
    EXPECT_THROW(static_cast<void>(uuid::parse("not a uuid")), std::system_error);
}

TEST(uuid, random_ids_are_version_4_and_differ) {
    std::set<uuid> seen;
    for (int i = 0; i < 1000; ++i) {
        const uuid id = uuid::random();
        EXPECT_EQ(to_string(id)[14], '4');
        EXPECT_NE(std::string("89ab").find(to_string(id)[19]), std::string::npos);
        seen.insert(id);
    }
    EXPECT_EQ(seen.size(), 1000U);
}
