// SPDX-License-Identifier: Apache-2.0
#include <audiosocket/net/file_descriptor.hpp>

#include <gtest/gtest.h>

#include <fcntl.h>
#include <unistd.h>

using audiosocket::file_descriptor;

namespace {

file_descriptor open_null() {
    return file_descriptor(::open("/dev/null", O_RDONLY | O_CLOEXEC));
}

bool is_open(int descriptor) {
    return ::fcntl(descriptor, F_GETFD) != -1;
}

} // namespace

TEST(file_descriptor, is_closed_at_the_end_of_its_owner) {
    int number = -1;
    {
        const auto owner = open_null();
        number = owner.get();
        ASSERT_TRUE(owner);
        EXPECT_TRUE(is_open(number));
    }
    EXPECT_FALSE(is_open(number));
}

TEST(file_descriptor, failed_open_is_empty) {
    EXPECT_FALSE(file_descriptor());
    EXPECT_EQ(file_descriptor().get(), -1);
    const file_descriptor failed(::open("/dev/null/none", O_RDONLY));
    EXPECT_FALSE(failed);
    EXPECT_EQ(file_descriptor(-5).get(), -1);
}

TEST(file_descriptor, move_passes_ownership_on) {
    auto first = open_null();
    const int number = first.get();
    file_descriptor second(std::move(first));
    EXPECT_EQ(first.get(), -1);
    EXPECT_EQ(second.get(), number);
    EXPECT_TRUE(is_open(number));
}

TEST(file_descriptor, assignment_closes_what_was_owned_before) {
    auto kept = open_null();
    auto other = open_null();
    const int before = kept.get();
    const int after = other.get();
    kept = std::move(other);
    EXPECT_FALSE(is_open(before));
    EXPECT_EQ(kept.get(), after);
    EXPECT_TRUE(is_open(after));
    auto& itself = kept;
    kept = std::move(itself);
    EXPECT_TRUE(is_open(after));
}

TEST(file_descriptor, release_leaves_it_open_and_close_may_come_twice) {
    auto owner = open_null();
    const int number = owner.release();
    EXPECT_FALSE(owner);
    EXPECT_TRUE(is_open(number));
    file_descriptor again(number);
    again.close();
    again.close();
    EXPECT_FALSE(is_open(number));
}
