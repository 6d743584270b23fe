// SPDX-License-Identifier: Apache-2.0
#include <audiosocket/server/serve.hpp>

#include <gtest/gtest.h>

#include <stdexcept>

using namespace audiosocket;

TEST(failed_call, text_of_the_exception_is_for_the_log) {
    failed_call failed;
    failed.why = std::make_exception_ptr(std::runtime_error("the database is down"));
    EXPECT_EQ(failed.what(), "the database is down");
    failed.why = std::make_exception_ptr(7);
    EXPECT_EQ(failed.what(), "an exception that is not a std::exception");
}

TEST(failed_call, end_of_a_call_is_not_a_failure) {
    const auto thrown = [](auto what) { return is_end_of_call(std::make_exception_ptr(what)); };
    EXPECT_TRUE(thrown(boost::system::system_error(make_error_code(usage_errc::call_ended))));
    EXPECT_TRUE(thrown(boost::system::system_error(boost::asio::error::eof)));
    EXPECT_FALSE(thrown(boost::system::system_error(make_error_code(usage_errc::playout_full))));
    EXPECT_FALSE(thrown(std::runtime_error("end")));
    EXPECT_FALSE(thrown(7));
}
