// SPDX-License-Identifier: Apache-2.0
#include <audiosocket/net/listening_socket.hpp>

#include <boost/asio/io_context.hpp>

#include <gtest/gtest.h>

#include <fcntl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <stdexcept>
#include <string>

using namespace audiosocket;

namespace {

using boost::asio::ip::tcp;

file_descriptor open_socket(int family, int type, int protocol) {
    return file_descriptor(::socket(family, type, protocol));
}

bool answers(const tcp::endpoint& where) {
    boost::asio::io_context io;
    tcp::socket caller(io);
    boost::system::error_code error;
    caller.connect(where, error);
    return !error;
}

// Returns why this descriptor cannot be adopted; empty if it can.
std::string complaint(file_descriptor socket) {
    try {
        listening_socket::adopt(std::move(socket));
        return "";
    } catch (const std::invalid_argument& e) {
        return e.what();
    }
}

} // namespace

TEST(listening_socket, listens_on_a_free_port_until_it_is_closed) {
    auto socket = listening_socket::listen({"127.0.0.1", 0});
    const auto where = socket.local_endpoint();
    EXPECT_EQ(where.address(), boost::asio::ip::make_address("127.0.0.1"));
    EXPECT_NE(where.port(), 0);
    EXPECT_TRUE(answers(where));
    socket.close();
    EXPECT_FALSE(socket.is_open());
    EXPECT_EQ(socket.descriptor(), -1);
    EXPECT_FALSE(answers(where));
    EXPECT_THROW(socket.local_endpoint(), boost::system::system_error);
}

TEST(listening_socket, empty_host_is_every_address_ipv4_included) {
    const auto socket = listening_socket::listen({"", 0});
    EXPECT_TRUE(answers({boost::asio::ip::make_address("127.0.0.1"), socket.local_endpoint().port()}));
}

TEST(listening_socket, error_names_the_address) {
    const auto taken = listening_socket::listen({"127.0.0.1", 0});
    const address where{"127.0.0.1", taken.local_endpoint().port()};
    try {
        listening_socket::listen(where);
        FAIL() << "two sockets listen on one port";
    } catch (const boost::system::system_error& e) {
        EXPECT_EQ(e.code(), boost::system::errc::address_in_use);
        EXPECT_NE(std::string(e.what()).find("cannot listen on " + to_string(where)), std::string::npos) << e.what();
    }
    EXPECT_THROW(listening_socket::listen({"192.0.2.1", 0}), boost::system::system_error); // of another machine
}

TEST(listening_socket, no_program_that_is_executed_inherits_it) {
    const auto made = listening_socket::listen({"127.0.0.1", 0});
    EXPECT_EQ(::fcntl(made.descriptor(), F_GETFD), FD_CLOEXEC);
    const auto adopted = listening_socket::adopt(file_descriptor(::dup(made.descriptor())));
    EXPECT_EQ(::fcntl(adopted.descriptor(), F_GETFD), FD_CLOEXEC);
}

TEST(listening_socket, adopted_copy_goes_on_listening_when_the_first_is_closed) {
    auto first = listening_socket::listen({"127.0.0.1", 0});
    const auto where = first.local_endpoint();
    const auto copy = listening_socket::adopt(file_descriptor(::dup(first.descriptor())));
    EXPECT_EQ(copy.local_endpoint(), where);
    first.close();
    EXPECT_TRUE(answers(where));
}

TEST(listening_socket, what_does_not_listen_on_tcp_is_not_adopted_and_is_closed) {
    auto datagrams = open_socket(AF_INET, SOCK_DGRAM, 0);
    const int number = datagrams.get();
    EXPECT_EQ(complaint(std::move(datagrams)),
              "descriptor " + std::to_string(number) + " is not a listening TCP socket");
    EXPECT_EQ(::fcntl(number, F_GETFD), -1);
    EXPECT_NE(complaint(open_socket(AF_INET, SOCK_STREAM, 0)), ""); // does not listen
    EXPECT_NE(complaint(open_socket(AF_UNIX, SOCK_STREAM, 0)), "");
    EXPECT_NE(complaint(file_descriptor(::open("/dev/null", O_RDONLY))), "");
    EXPECT_NE(complaint(file_descriptor()), "");
    constexpr int multipath = 262; // IPPROTO_MPTCP, which a kernel may lack
    if (auto s = open_socket(AF_INET, SOCK_STREAM, multipath)) {
        ASSERT_EQ(::listen(s.get(), 1), 0);
        EXPECT_NE(complaint(std::move(s)), "");
    }
}

TEST(listening_socket, release_gives_the_descriptor_away) {
    auto socket = listening_socket::listen({"127.0.0.1", 0});
    const auto where = socket.local_endpoint();
    const auto descriptor = socket.release();
    EXPECT_FALSE(socket.is_open());
    EXPECT_TRUE(answers(where));
}
