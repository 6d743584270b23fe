// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "command_test.hpp"
#include "support/successors.hpp"

#include <set>

namespace audiosocket::test {

/// Servers that start successors. Orphans become the test's children, so that none outlives the test.
class hand_over_test : public command_test {
  protected:
    hand_over_test() { adopt_successors(); }
    ~hand_over_test() override { end_with_successors(server); }

    std::vector<pid_t> processes() const { return servers_in(server->out); }

    /// Makes the last server hand over, and waits for that.
    void hand_over() {
        const auto before = processes().size();
        kill(processes().back(), SIGUSR2);
        const auto limit = std::chrono::steady_clock::now() + process::patience_usual;
        const auto done = [&] {
            return processes().size() > before &&
                   server->out.find("handed over to process " + std::to_string(processes().back())) !=
                       std::string::npos;
        };
        while (!done() && std::chrono::steady_clock::now() < limit)
            server->wait_for_output("nothing of the sort", std::chrono::seconds(1));
        ASSERT_TRUE(done()) << server->out << server->err;
    }

    /// Ends the last server, and waits until all have ended.
    void stop_last() {
        kill(processes().back(), SIGTERM);
        EXPECT_EQ(server->wait(), 0) << server->err; // until no process has its output open
    }
};

} // namespace audiosocket::test
