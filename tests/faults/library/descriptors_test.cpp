// SPDX-License-Identifier: Apache-2.0
// The process has only one descriptor left, for the socket of a call that is the first of its io_context. The turn
// table of the io_context could not be made then, and the exception left io_context::run().
#include "support/bytes.hpp"
#include "support/raw_peer.hpp"

#include <audiosocket/net.hpp>

#include <gtest/gtest.h>

#include <fcntl.h>
#include <sys/resource.h>

#include <algorithm>
#include <array>
#include <optional>
#include <vector>

namespace audiosocket::test {
namespace {

namespace asio = boost::asio;

// Takes the descriptors of the process until its own end.
class taken_descriptors {
  public:
    explicit taken_descriptors(std::size_t left) {
        ::getrlimit(RLIMIT_NOFILE, &before_);
        rlimit few = before_;
        few.rlim_cur = std::min<rlim_t>(few.rlim_cur, 256);
        ::setrlimit(RLIMIT_NOFILE, &few);
        do
            taken_.emplace_back(::open("/dev/null", O_RDONLY | O_CLOEXEC));
        while (taken_.back());
        taken_.resize(taken_.size() - 1 - left); // the last one is empty
    }
    taken_descriptors(const taken_descriptors&) = delete;
    taken_descriptors& operator=(const taken_descriptors&) = delete;
    ~taken_descriptors() { ::setrlimit(RLIMIT_NOFILE, &before_); }

  private:
    rlimit before_{};
    std::vector<file_descriptor> taken_;
};

TEST(last_descriptor, listener_answers_the_first_call_of_a_home) {
    asio::io_context io{1};
    asio::io_context home{1};
    listener_options options;
    options.files_reserved = 0; // the application has taken its own
    listener calls(io, {"127.0.0.1", 0}, options, std::array{&home});
    raw_peer peer(calls.local_endpoint());
    peer.send(frame(kind::id, bytes(16, std::byte{7})));
    call answered;
    calls.async_accept([&](boost::system::error_code error, call c) {
        EXPECT_FALSE(error);
        answered = std::move(c);
    });
    const taken_descriptors few(1);
    while (!answered)
        io.run_one();
    EXPECT_EQ(answered.id().bytes[0], std::byte{7});
}

TEST(last_descriptor, first_call_of_a_caller_fails_with_the_reason) {
    asio::io_context io{1};
    raw_peer::tcp::acceptor server(io, {asio::ip::address_v4::loopback(), 0});
    std::optional<boost::system::error_code> failed;
    const taken_descriptors few(1);
    async_connect(io, {"127.0.0.1", server.local_endpoint().port()},
                  [&](boost::system::error_code error, const call&) { failed = error; });
    while (!failed)
        io.run_one();
    EXPECT_EQ(*failed, boost::system::errc::too_many_files_open);
}

} // namespace
} // namespace audiosocket::test
