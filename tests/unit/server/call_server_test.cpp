// SPDX-License-Identifier: Apache-2.0
#include <audiosocket/net/listening_socket.hpp>
#include <audiosocket/server/call_server.hpp>

#include <gtest/gtest.h>

#include <utility>

using namespace audiosocket;

namespace {

void hang_up_at_once(call) {}

} // namespace

TEST(call_server, socket_that_was_inherited_is_listened_on_with_each_constructor) {
    boost::asio::io_context io;
    auto first = listening_socket::listen({"127.0.0.1", 0});
    const auto first_port = first.local_endpoint().port();
    const call_server own_threads(io, std::move(first), hang_up_at_once);
    EXPECT_EQ(own_threads.local_endpoint().port(), first_port);
    EXPECT_EQ(own_threads.listening().local_endpoint().port(), first_port);

    boost::asio::io_context home;
    boost::asio::io_context* const homes[] = {&home};
    auto second = listening_socket::listen({"127.0.0.1", 0});
    const auto second_port = second.local_endpoint().port();
    const call_server threads_of_others(io, std::move(second), hang_up_at_once, listener_options{}, homes);
    EXPECT_EQ(threads_of_others.local_endpoint().port(), second_port);
    ASSERT_EQ(threads_of_others.contexts().size(), 1U);
    EXPECT_EQ(threads_of_others.contexts().front(), &home);
    EXPECT_EQ(threads_of_others.calls_in_progress(), 0U);
}
