// SPDX-License-Identifier: Apache-2.0
// A completion with handlers on executors of each kind: it runs once. On an io_context it needs no memory. A block of
// memory that was given to two operations ended the process, where a handler did not run at once on its own thread.
#include "support/allocations.hpp"

#include <audiosocket/net/detail/completion.hpp>

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/bind_executor.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/strand.hpp>

#include <gtest/gtest.h>

namespace audiosocket::test {
namespace {

namespace asio = boost::asio;
namespace execution = boost::asio::execution;

struct way {
    bool inside; // on the thread of the io_context
    bool now;    // the handler may run at once
};

class completion_test : public testing::TestWithParam<way> {
  protected:
    // Completes a wait whose handler is on this executor. Returns how often the handler has run.
    template <class Executor>
    int times_run(const Executor& on) {
        int times = 0;
        const auto complete = [&] {
            detail::completion<int> waiter(asio::bind_executor(on,
                                                               [&](boost::system::error_code error, int result) {
                                                                   ++times;
                                                                   EXPECT_FALSE(error);
                                                                   EXPECT_EQ(result, 5);
                                                               }),
                                           io.get_executor());
            const auto before = allocations();
            waiter.complete({}, 5, GetParam().now);
            allocated = allocations() - before;
        };
        if (GetParam().inside)
            asio::post(io, complete);
        else
            complete();
        io.restart();
        while (times == 0)
            io.run_one();
        io.poll(); // not run(): an executor may count as work
        return times;
    }

    asio::io_context io{1};
    std::size_t allocated = 0; // by the completion
};

} // namespace

TEST_P(completion_test, handler_on_the_io_context_runs_once_and_needs_no_memory) {
    EXPECT_EQ(times_run(io.get_executor()), 1);
    EXPECT_EQ(allocated, 0U);
}

TEST_P(completion_test, handler_that_never_runs_at_once_runs_once_and_needs_no_memory) {
    EXPECT_EQ(times_run(asio::require(io.get_executor(), execution::blocking.never)), 1);
    EXPECT_EQ(allocated, 0U);
}

TEST_P(completion_test, handler_on_another_executor_runs_once) {
    EXPECT_EQ(times_run(asio::require(io.get_executor(), execution::outstanding_work.tracked)), 1);
    EXPECT_EQ(times_run(asio::make_strand(io)), 1);
    EXPECT_EQ(times_run(asio::any_io_executor(io.get_executor())), 1);
}

INSTANTIATE_TEST_SUITE_P(, completion_test,
                         testing::Values(way{false, false}, way{false, true}, way{true, false}, way{true, true}),
                         [](const auto& of) {
                             return std::string(of.param.inside ? "inside" : "outside") +
                                    (of.param.now ? "_now" : "_later");
                         });

} // namespace audiosocket::test
