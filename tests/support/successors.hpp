// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "support/process.hpp"

#include <boost/json/parse.hpp>

#include <sys/prctl.h>
#include <sys/wait.h>

#include <csignal>
#include <sstream>
#include <string>
#include <vector>

namespace audiosocket::test {

/// Makes orphans the children of this process, so that no successor of a server outlives its test.
inline void adopt_successors() {
    prctl(PR_SET_CHILD_SUBREAPER, 1);
}

/// All servers that have reported in this output that they listen, the last one last: the server and its successors.
inline std::vector<pid_t> servers_in(const std::string& output) {
    std::vector<pid_t> all;
    std::istringstream lines(output);
    for (std::string line; std::getline(lines, line);) {
        if (line.find(R"("event":"listening")") == std::string::npos || line.back() != '}') continue;
        all.push_back(boost::json::parse(line).at("pid").to_number<pid_t>());
    }
    return all;
}

/// Ends the successors of a server, and then the server. Only this process waits for them, so their numbers are still
/// their own.
inline void end_with_successors(std::unique_ptr<process>& server) {
    if (!server) return;
    auto successors = servers_in(server->out);
    std::erase(successors, server->id());
    for (const pid_t pid : successors)
        kill(pid, SIGKILL);
    server.reset();
    for (const pid_t pid : successors)
        waitpid(pid, nullptr, 0);
}

} // namespace audiosocket::test
