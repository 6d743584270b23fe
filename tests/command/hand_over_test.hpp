// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "command_test.hpp"

#include <sys/prctl.h>

#include <set>

namespace audiosocket::test {

/// Servers that start successors. Orphans become the test's children, so that none outlives the test.
class hand_over_test : public command_test {
  protected:
    hand_over_test() { prctl(PR_SET_CHILD_SUBREAPER, 1); }
    ~hand_over_test() override {
        if (!server) return;
        for (const pid_t pid : processes())
            if (pid != server->id()) kill(pid, SIGKILL); // only this test waits for it: the number is still its own
        server.reset();
        while (waitpid(-1, nullptr, WNOHANG) > 0) {
        }
    }

    /// All servers that have reported that they listen, the last one last.
    std::vector<pid_t> processes() const {
        std::vector<pid_t> all;
        std::istringstream lines(server->out);
        for (std::string line; std::getline(lines, line);) {
            if (line.find(R"("event":"listening")") == std::string::npos || line.back() != '}') continue;
            all.push_back(boost::json::parse(line).at("pid").to_number<pid_t>());
        }
        return all;
    }

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
