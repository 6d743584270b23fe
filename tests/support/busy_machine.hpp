// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "support/skipped.hpp"

#include <gtest/gtest-spi.h>
#include <gtest/gtest.h>

#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <filesystem>
#include <fstream>
#include <map>
#include <mutex>
#include <sstream>
#include <stop_token>
#include <string>
#include <thread>
#include <vector>

/// \file
/// For tests that assert real time: finds out whether they failed because the machine was busy.

namespace audiosocket::test {

/// Measures the effect of other work on a test, from construction on. One thread for each processor wants to wake up
/// every 5 ms; their delays show how late this process is woken. /proc shows the share of the processors that other
/// processes use. The server and the caller of a test suffer in the same way as these threads.
class busy_machine {
  public:
    busy_machine() {
        const unsigned processors = std::max(1U, std::thread::hardware_concurrency());
        for (unsigned i = 0; i < processors; ++i)
            threads_.emplace_back([this](const std::stop_token& stop) { watch(stop); });
    }
    busy_machine(const busy_machine&) = delete;
    busy_machine& operator=(const busy_machine&) = delete;

    /// The longest time for which a thread wanted to run and did not.
    std::chrono::milliseconds stood_still() const {
        const std::lock_guard lock(mutex_);
        return longest_;
    }

    /// The share of all processors, in percent, that went to processes other than this one and its descendants.
    int percent_of_others() const {
        const double seconds = std::chrono::duration<double>(clock::now() - begin_).count();
        const double all = seconds * std::max(1U, std::thread::hardware_concurrency());
        return static_cast<int>(100 * std::max(0.0, (busy_seconds() - busy_) - (own_seconds() - own_)) / all);
    }

  private:
    using clock = std::chrono::steady_clock;

    // Of all processors together, since the machine was started; without idle time and without waiting for a disk.
    static double busy_seconds() {
        std::ifstream stat("/proc/stat");
        std::string cpu;
        double user = 0;
        double nice = 0;
        double system = 0;
        stat >> cpu >> user >> nice >> system;
        return (user + nice + system) / static_cast<double>(sysconf(_SC_CLK_TCK));
    }

    // A process in /proc: its parent, and the time used by it and by those of its children that it has waited for.
    struct process_time {
        pid_t parent = 0;
        double ticks = 0;
    };

    static process_time read_process(const std::filesystem::path& folder) {
        std::ifstream file(folder / "stat");
        std::string line;
        std::getline(file, line);
        std::istringstream rest(line.substr(std::min(line.rfind(')') + 1, line.size()))); // behind the name
        process_time one;
        std::string state;
        rest >> state >> one.parent;
        double value = 0;
        for (int field = 5; field <= 17 && rest >> value; ++field)
            if (field >= 14) one.ticks += value;
        return one;
    }

    // This process and all its descendants.
    static double own_seconds() {
        std::map<pid_t, process_time> all;
        for (const auto& entry : std::filesystem::directory_iterator("/proc")) {
            const auto name = entry.path().filename().string();
            if (name.find_first_not_of("0123456789") == std::string::npos)
                all[static_cast<pid_t>(std::stol(name))] = read_process(entry.path());
        }
        double ticks = 0;
        for (const auto& [pid, one] : all) {
            pid_t ancestor = pid;
            while (ancestor > 1 && ancestor != getpid())
                ancestor = all[ancestor].parent;
            if (ancestor == getpid()) ticks += one.ticks;
        }
        return ticks / static_cast<double>(sysconf(_SC_CLK_TCK));
    }

    void watch(const std::stop_token& stop) {
        constexpr std::chrono::milliseconds interval{5};
        while (!stop.stop_requested()) {
            const auto due = clock::now() + interval;
            std::this_thread::sleep_until(due);
            const auto late = std::chrono::duration_cast<std::chrono::milliseconds>(clock::now() - due);
            const std::lock_guard lock(mutex_);
            longest_ = std::max(longest_, late);
        }
    }

    const clock::time_point begin_ = clock::now();
    const double busy_ = busy_seconds();
    const double own_ = own_seconds();
    mutable std::mutex mutex_;
    std::chrono::milliseconds longest_{};
    std::vector<std::jthread> threads_; // last: they use the others
};

/// Half a frame. A standstill of this length can make a frame late that was due in between.
constexpr std::chrono::milliseconds standstill_tolerated{10};

/// A test with several processes gets too little when others take more than this.
constexpr int percent_of_others_tolerated = 20;

/// Makes assertions that hold only on a machine that is not busy. If one of them fails although the machine was not
/// busy, the test fails. If the machine stood still for longer than `tolerated`, or others took too much of it, the
/// test is skipped with that figure and the failure.
///
/// Construct this before the measured work begins. Assertions that hold on any machine do not belong here.
template <class Assertions>
void in_real_time(const busy_machine& machine, Assertions assertions,
                  std::chrono::milliseconds tolerated = standstill_tolerated) {
    testing::TestPartResultArray results;
    {
        using reporter = testing::ScopedFakeTestPartResultReporter;
        const reporter caught(reporter::INTERCEPT_ALL_THREADS, &results);
        assertions();
    }
    const auto stood_still = machine.stood_still();
    const int others = machine.percent_of_others();
    for (int i = 0; i < results.size(); ++i) {
        const auto& result = results.GetTestPartResult(i);
        if (!result.failed()) continue;
        if (stood_still > tolerated)
            GTEST_SKIP() << skipped("the machine stood still for " + std::to_string(stood_still.count()) + " ms")
                         << "; this failed:\n"
                         << result.message();
        if (others > percent_of_others_tolerated)
            GTEST_SKIP() << skipped("other processes took " + std::to_string(others) + " % of the processors")
                         << "; this failed:\n"
                         << result.message();
        testing::internal::AssertHelper(result.type(), result.file_name(), result.line_number(), result.message()) =
            testing::Message();
    }
}

} // namespace audiosocket::test
