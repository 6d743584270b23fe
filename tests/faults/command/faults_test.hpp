// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "command/gateway_test.hpp"
#include "support/environment.hpp"

#include <sys/resource.h>

#include <fstream>
#include <sstream>

namespace audiosocket::test {

/// Tests of the command as a process that lacks something, or is disturbed.
class faults_test : public gateway_test {
  protected:
    /// A prefix for a command line that gives the process its own small disk at `folder`/disk. Other processes see its
    /// files at disk().
    std::vector<std::string> on_small_disk(int kib) const {
        std::filesystem::create_directory(folder / "disk");
        return {"/bin/sh", "-c",
                "exec unshare -m /bin/sh -c 'mount -t tmpfs -o size=" + std::to_string(kib) +
                    "k none \"$0\" && exec \"$@\"' \"$@\"",
                "sh", (folder / "disk").string()};
    }

    /// Whether a process may have its own disk. Otherwise the test is to be skipped.
    static bool has_namespaces(const char* what) {
        process p({"/bin/sh", "-c", std::string("unshare ") + what + " true"});
        return p.wait() == 0;
    }

    /// The server's small disk.
    std::filesystem::path disk() const {
        const auto inside = (folder / "disk").string().substr(1);
        return std::filesystem::path("/proc") / std::to_string(server->id()) / "root" / inside;
    }

    /// Removes a file if it is the only one, and returns its copy elsewhere.
    std::filesystem::path only_file(const std::filesystem::path& in) const {
        std::vector<std::filesystem::path> all;
        for (const auto& one : std::filesystem::directory_iterator(in))
            all.push_back(one.path());
        EXPECT_EQ(all.size(), 1U) << in;
        return all.empty() ? std::filesystem::path() : all.front();
    }

    /// How many descriptors the server has open.
    std::size_t descriptors() const {
        const auto all = std::filesystem::path("/proc") / std::to_string(server->id()) / "fd";
        return static_cast<std::size_t>(std::distance(std::filesystem::directory_iterator(all), {}));
    }

    /// Seconds of processor time that the server has used.
    double processor_seconds() const {
        std::ifstream file("/proc/" + std::to_string(server->id()) + "/stat");
        std::string line;
        std::getline(file, line);
        std::istringstream rest(line.substr(line.rfind(')') + 2)); // field 3 is the first
        std::string skipped_field;
        for (int field = 3; field < 14; ++field)
            rest >> skipped_field;
        double user = 0;
        double system = 0;
        rest >> user >> system;
        return (user + system) / static_cast<double>(sysconf(_SC_CLK_TCK));
    }

    /// Changes a soft limit of the server.
    void limit_server(__rlimit_resource what, rlim_t soft) const {
        rlimit limits{};
        ASSERT_EQ(prlimit(server->id(), what, nullptr, &limits), 0);
        limits.rlim_cur = std::min(soft, limits.rlim_max);
        ASSERT_EQ(prlimit(server->id(), what, &limits, nullptr), 0);
    }

    static std::size_t times_in(const std::string& part, const std::string& text) {
        std::size_t times = 0;
        for (auto at = text.find(part); at != std::string::npos; at = text.find(part, at + 1))
            ++times;
        return times;
    }

    /// A call of a tenth of a second, which must be as it should.
    void expect_good_call() {
        const auto one = call({"--duration", "0.1"});
        EXPECT_EQ(one.code, 0) << one.out << one.err;
    }
};

} // namespace audiosocket::test
