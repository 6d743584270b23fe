// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <cstddef>
#include <cstdlib>
#include <map>
#include <sstream>
#include <string>
#include <system_error>
#include <vector>

namespace audiosocket::test {

/// How one trial ended that ran in a process of its own.
struct trial_end {
    std::size_t number = 0;
    std::string text; ///< Empty: as it should.
};

/// Runs `trial(1)`, `trial(2)` ... in a child process each, several at once, until `trial(n)` returns `last`. A trial
/// prints nothing and throws nothing; a crash or a hang is an end as well. The calling process must have one thread.
class child_trials {
  public:
    enum class result { good, bad, last };

    template <class Trial>
    static std::vector<trial_end> run(Trial trial, std::size_t number_max, std::size_t step = 1) {
        std::vector<trial_end> wrong;
        if (const char* const only = std::getenv("AUDIOSOCKET_TRIAL")) { // in this process, for a debugger
            const std::size_t number = std::strtoul(only, nullptr, 10);
            if (trial(number) == result::bad) wrong.push_back({number, "bad"});
            return wrong;
        }
        std::map<pid_t, std::size_t> running;
        bool over = false;
        for (std::size_t next = 1; !running.empty() || (!over && next <= number_max);) {
            if (!over && next <= number_max && running.size() < at_once) {
                const pid_t started = start(trial, next);
                if (started > 0)
                    running[started] = next;
                else
                    wrong.push_back({next, "no process for it: " + std::generic_category().message(errno)});
                next += step;
                continue;
            }
            int status = 0;
            const pid_t pid = wait(&status);
            const auto which = running.extract(pid);
            if (which.empty()) continue;
            if (WIFSIGNALED(status))
                wrong.push_back({which.mapped(), "signal " + std::to_string(WTERMSIG(status)) +
                                                     (WTERMSIG(status) == SIGALRM ? " (it hangs)" : "")});
            else if (WEXITSTATUS(status) == static_cast<int>(result::last))
                over = true;
            else if (WEXITSTATUS(status) != static_cast<int>(result::good))
                wrong.push_back({which.mapped(), "exit code " + std::to_string(WEXITSTATUS(status))});
        }
        return wrong;
    }

    static std::string text(const std::vector<trial_end>& all) {
        std::ostringstream out;
        for (const auto& one : all)
            out << one.number << ": " << one.text << '\n';
        return out.str();
    }

  private:
    static constexpr std::size_t at_once = 8; // they mostly wait
    static constexpr unsigned hangs_s = 120;

    template <class Trial>
    static pid_t start(Trial& trial, std::size_t number) {
        const pid_t pid = fork();
        if (pid != 0) return pid;
        alarm(hangs_s);
        _exit(static_cast<int>(trial(number)));
    }
};

} // namespace audiosocket::test
