// SPDX-License-Identifier: Apache-2.0
#include "net/digit_collector.hpp"

#include <gtest/gtest.h>

using namespace audiosocket;
using namespace audiosocket::detail;
using namespace std::chrono_literals;

namespace {

const time_point start(1h);

read_digits_options four() {
    read_digits_options o;
    o.digits_max = 4;
    o.first = 5s;
    o.between = 2s;
    return o;
}

} // namespace

TEST(digit_collector, reading_is_complete_with_the_last_digit) {
    digit_collector c(four(), start);
    EXPECT_EQ(c.take('1', start), std::nullopt);
    EXPECT_EQ(c.take('*', start), std::nullopt);
    EXPECT_EQ(c.take('A', start), std::nullopt);
    EXPECT_EQ(c.take('4', start), digits_end::complete);
    EXPECT_EQ(c.take_digits(), "1*A4");
}

TEST(digit_collector, end_digit_ends_it_and_is_not_read) {
    digit_collector c(four(), start);
    EXPECT_EQ(c.take('1', start), std::nullopt);
    EXPECT_EQ(c.take('#', start), digits_end::end_digit);
    EXPECT_EQ(c.take_digits(), "1");

    digit_collector at_once(four(), start);
    EXPECT_EQ(at_once.take('#', start), digits_end::end_digit);
    EXPECT_EQ(at_once.take_digits(), "");
}

TEST(digit_collector, without_an_end_digit_all_are_read) {
    auto options = four();
    options.end.reset();
    digit_collector c(options, start);
    EXPECT_EQ(c.take('#', start), std::nullopt);
    EXPECT_EQ(c.take_digits(), "#");
}

TEST(digit_collector, time_counts_from_the_digit_before) {
    digit_collector c(four(), start);
    EXPECT_EQ(c.deadline(), start + 5s);
    c.take('1', start + 4s);
    EXPECT_EQ(c.deadline(), start + 6s);
    c.take('2', start + 5s);
    EXPECT_EQ(c.deadline(), start + 7s);
}

TEST(digit_collector, time_for_the_first_digit_counts_from_the_end_of_the_prompt) {
    digit_collector c(four(), start);
    c.playing(10s, start);
    EXPECT_EQ(c.deadline(), start + 15s);
    c.playing(0s, start + 10s); // played
    EXPECT_EQ(c.deadline(), start + 15s);
    c.take('1', start + 11s);
    c.playing(10s, start + 11s); // without barge-in the prompt continues
    EXPECT_EQ(c.deadline(), start + 13s);
}

TEST(digit_collector, options_that_make_no_sense_are_refused) {
    auto options = four();
    EXPECT_NO_THROW(validate(options));
    options.digits_max = 0;
    EXPECT_THROW(validate(options), std::invalid_argument);
    options = four();
    options.end = 'x';
    EXPECT_THROW(validate(options), std::invalid_argument);
    options = four();
    options.first = -1ms;
    EXPECT_THROW(validate(options), std::invalid_argument);
    options = four();
    options.between = std::chrono::hours(24 * 366);
    EXPECT_THROW(validate(options), std::invalid_argument);
}
