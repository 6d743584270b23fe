// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <fcntl.h>
#include <poll.h>
#include <spawn.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <csignal>
#include <cstring>
#include <optional>
#include <stdexcept>
#include <string>
#include <thread>
#include <utility>
#include <vector>

namespace audiosocket::test {

/// A process beside the test. Its output can be read as it comes, and it never outlives the test.
class process {
  public:
    explicit process(std::vector<std::string> arguments) {
        int output[2];
        int errors[2];
        if (pipe2(output, O_CLOEXEC) != 0 || pipe2(errors, O_CLOEXEC) != 0) throw std::runtime_error("pipe");
        posix_spawn_file_actions_t actions;
        posix_spawn_file_actions_init(&actions);
        posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
        posix_spawn_file_actions_adddup2(&actions, output[1], STDOUT_FILENO);
        posix_spawn_file_actions_adddup2(&actions, errors[1], STDERR_FILENO);
        std::vector<char*> argv;
        for (auto& a : arguments)
            argv.push_back(a.data());
        argv.push_back(nullptr);
        const int error = posix_spawn(&pid_, argv[0], &actions, nullptr, argv.data(), environ);
        posix_spawn_file_actions_destroy(&actions);
        close(output[1]);
        close(errors[1]);
        output_ = output[0];
        errors_ = errors[0];
        if (error != 0) throw std::runtime_error("cannot start " + arguments[0] + ": " + std::strerror(error));
    }

    process(const process&) = delete;
    process& operator=(const process&) = delete;

    ~process() {
        if (!status_) {
            ::kill(pid_, SIGKILL);
            waitpid(pid_, nullptr, 0);
        }
        if (output_ >= 0) close(output_);
        close(errors_);
    }

    pid_t id() const noexcept { return pid_; }
    void signal(int number) {
        if (!status_) ::kill(pid_, number); // otherwise the number may be another process's
    }

    /// Closes the reader of standard output.
    void close_output() {
        output_open_ = false;
        close(std::exchange(output_, -1));
    }

    /// Only a hanging process takes this long. Less than CTest's limit for a test.
    static constexpr std::chrono::seconds patience_usual{580};

    /// Reads standard output until it contains `text`; false at its end or after `patience`.
    bool wait_for_output(const std::string& text, std::chrono::seconds patience = patience_usual) {
        return wait_for(out, text, patience);
    }

    /// The same with standard error.
    bool wait_for_errors(const std::string& text, std::chrono::seconds patience = patience_usual) {
        return wait_for(err, text, patience);
    }

    /// Reads standard output until it contains `text` this many times; false at its end or after `patience`.
    bool wait_for_output_times(std::size_t times, const std::string& text,
                               std::chrono::seconds patience = patience_usual) {
        const auto limit = std::chrono::steady_clock::now() + patience;
        while (times_said(text) < times)
            if (!pump(limit)) return times_said(text) >= times;
        return true;
    }

    /// How often standard output so far contains `text`.
    std::size_t times_said(const std::string& text) const {
        std::size_t times = 0;
        for (auto at = out.find(text); at != std::string::npos; at = out.find(text, at + 1))
            ++times;
        return times;
    }

    /// Waits for the end and returns the exit code; 128 + the signal's number if it was killed; -1 if it goes on for
    /// longer than `patience`.
    int wait(std::chrono::milliseconds patience = patience_usual) {
        const auto limit = std::chrono::steady_clock::now() + patience;
        while (pump(limit)) {
        }
        if (output_open_ || errors_open_) return -1; // the time was over first
        if (!status_) {
            int status = 0;
            waitpid(pid_, &status, 0);
            status_ = exit_code_of(status);
        }
        return *status_;
    }

    /// Like wait(), but reads nothing, so that the output may fill its pipe.
    int wait_unread(std::chrono::seconds patience = patience_usual) {
        const auto limit = std::chrono::steady_clock::now() + patience;
        int status = 0;
        while (waitpid(pid_, &status, WNOHANG) == 0) {
            if (std::chrono::steady_clock::now() >= limit) return -1;
            std::this_thread::sleep_for(std::chrono::milliseconds(10));
        }
        status_ = exit_code_of(status);
        return *status_;
    }

    std::string out; ///< Standard output so far.
    std::string err; ///< Standard error so far.

  private:
    bool wait_for(const std::string& stream, const std::string& text, std::chrono::seconds patience) {
        const auto limit = std::chrono::steady_clock::now() + patience;
        while (stream.find(text) == std::string::npos)
            if (!pump(limit)) return stream.find(text) != std::string::npos;
        return true;
    }

    static int exit_code_of(int status) { return WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status); }

    // Reads what is there; false when both streams have ended or the time is over.
    bool pump(std::chrono::steady_clock::time_point limit) {
        pollfd files[] = {{output_open_ ? output_ : -1, POLLIN, 0}, {errors_open_ ? errors_ : -1, POLLIN, 0}};
        if (!output_open_ && !errors_open_) return false;
        const auto left =
            std::chrono::duration_cast<std::chrono::milliseconds>(limit - std::chrono::steady_clock::now()).count();
        if (left <= 0 || poll(files, 2, static_cast<int>(left)) <= 0) return false;
        if (files[0].revents != 0) output_open_ = drain(output_, out);
        if (files[1].revents != 0) errors_open_ = drain(errors_, err);
        return true;
    }

    static bool drain(int file, std::string& to) {
        char buffer[4096];
        const ssize_t n = read(file, buffer, sizeof buffer);
        if (n > 0) to.append(buffer, static_cast<std::size_t>(n));
        return n > 0;
    }

    pid_t pid_ = 0;
    int output_ = -1;
    int errors_ = -1;
    bool output_open_ = true;
    bool errors_open_ = true;
    std::optional<int> status_;
};

} // namespace audiosocket::test
