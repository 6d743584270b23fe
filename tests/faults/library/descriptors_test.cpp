// SPDX-License-Identifier: Apache-2.0
// The process has few descriptors left. An io_context needs some for its first call. If they could not be opened then,
// the exception left io_context::run(), also on the thread of an io_thread.
#include "support/bytes.hpp"
#include "support/clang_sanitizer.hpp"
#include "support/raw_peer.hpp"
#include "support/skipped.hpp"

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

class last_descriptor : public testing::Test {
  protected:
    void SetUp() override {
        if (clang_sanitizer) GTEST_SKIP() << skipped(needs_descriptors);
    }
};

TEST_F(last_descriptor, listener_answers_the_first_call_of_a_home) {
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

// However few there are, the reason is always the same, and no server sees a call.
TEST_F(last_descriptor, first_call_of_a_caller_fails_with_the_reason) {
    asio::io_context elsewhere{1};
    raw_peer::tcp::acceptor server(elsewhere, {asio::ip::address_v4::loopback(), 0});
    const address where{"127.0.0.1", server.local_endpoint().port()};
    std::size_t thrown = 0;
    std::size_t completed = 0;
    for (std::size_t left = 0; thrown + completed == left; ++left) {
        asio::io_context io{1};
        std::optional<boost::system::error_code> failed;
        const taken_descriptors few(left);
        try {
            async_connect(io, where, [&](boost::system::error_code error, const call&) { failed = error; });
            io.run();
            ASSERT_TRUE(failed);
            if (!*failed) break; // enough
            ++completed;
            EXPECT_EQ(*failed, boost::system::errc::too_many_files_open) << left << " left";
        } catch (const boost::system::system_error& e) {
            ++thrown;
            EXPECT_EQ(e.code(), boost::system::errc::too_many_files_open) << left << " left: " << e.what();
        }
    }
    EXPECT_GT(thrown, 1U);
    EXPECT_GT(completed, 0U);
}

TEST_F(last_descriptor, thread_without_calls_ends_without_it) {
    std::optional<io_thread> io(std::in_place);
    const taken_descriptors few(0);
    io.reset();
}

} // namespace
} // namespace audiosocket::test
