// SPDX-License-Identifier: Apache-2.0
// Each allocation of the start of a successor fails once. Either nothing has been started, or its outcome is reported.
#include "service/successor.hpp"

#include "faults/library/failing_allocations.hpp"

#include <audiosocket/net/detail/run_context.hpp>

#include <gtest/gtest.h>

#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <cstdlib>
#include <new>
#include <string>
#include <thread>

using namespace audiosocket;
using namespace audiosocket::test;
using namespace std::chrono_literals;

namespace {

// The successor is this executable, and ends before it becomes ready.
[[maybe_unused]] const bool is_successor = [] {
    if (std::getenv("HANDED_OVER_BY") != nullptr) _exit(7);
    return false;
}();

// Runs the successor to its outcome, as the daemon does, which looks at its end once a second.
void run_to_outcome(boost::asio::io_context& io, app::successor& one) {
    for (int i = 0; i < 10'000 && one.starting(); ++i) {
        detail::run_to_the_end(io);
        io.restart();
        std::this_thread::sleep_for(1ms);
        try {
            one.look_at_end();
        } catch (const std::bad_alloc&) { // looked at again
        }
    }
}

bool has_child() {
    return waitpid(-1, nullptr, WNOHANG) >= 0 || errno != ECHILD;
}

} // namespace

TEST(successor_without_memory, each_start_is_refused_whole_or_has_an_outcome) {
    std::size_t refused = 0;
    std::size_t number = 1;
    for (;; ++number) {
        SCOPED_TRACE(number);
        boost::asio::io_context io(1);
        app::successor one(io);
        std::string outcome;
        outcome.reserve(200); // so that the report needs no memory
        bool is_refused = false;
        fail_allocation(number);
        try {
            one.start({}, {}, [&](const std::string& failure) { outcome = failure; });
        } catch (const std::bad_alloc&) {
            is_refused = true;
        }
        if (is_refused) {
            ++refused;
        } else {
            run_to_outcome(io, one);
            EXPECT_TRUE(outcome == "it ended with exit code 7" || outcome == "it has ended") << outcome;
        }
        EXPECT_FALSE(one.starting());
        EXPECT_FALSE(has_child());
        if (!has_failed_allocation() || HasFailure()) break;
    }
    EXPECT_GT(refused, 10U);
    EXPECT_GT(number, refused + 1) << "no start failed after it had begun";
}
