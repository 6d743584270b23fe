// SPDX-License-Identifier: Apache-2.0
#include "base/process_figures.hpp"

#include <unistd.h>

#include <charconv>
#include <ctime>
#include <filesystem>
#include <fstream>
#include <string>

namespace audiosocket::app {
namespace {

namespace fs = std::filesystem;

std::chrono::nanoseconds from_timespec(const timespec& t) {
    return std::chrono::seconds(t.tv_sec) + std::chrono::nanoseconds(t.tv_nsec);
}

// "voluntary_ctxt_switches:  12" and "nonvoluntary_ctxt_switches:  3".
std::uint64_t context_switches(const fs::path& thread) {
    std::ifstream status(thread / "status");
    std::uint64_t sum = 0;
    for (std::string line; std::getline(status, line);) {
        const auto colon = line.find(':');
        if (colon != std::string::npos && line.substr(0, colon).ends_with("voluntary_ctxt_switches"))
            sum += std::stoull(line.substr(colon + 1));
    }
    return sum;
}

} // namespace

std::optional<std::chrono::nanoseconds> cpu_time(pid_t process) {
    clockid_t its_clock{};
    timespec used{};
    if (clock_getcpuclockid(process, &its_clock) != 0 || clock_gettime(its_clock, &used) != 0) return std::nullopt;
    return from_timespec(used);
}

std::optional<process_figures> look_at(pid_t process) {
    const auto folder = fs::path("/proc") / std::to_string(process);
    std::error_code gone;
    process_figures figures;
    for (fs::directory_iterator at(folder / "fd", gone), end; !gone && at != end; at.increment(gone))
        ++figures.descriptors;
    const auto cpu = cpu_time(process);
    if (gone || !cpu) return std::nullopt;
    figures.cpu = *cpu;

    std::size_t pages = 0;
    std::size_t resident_pages = 0;
    std::ifstream(folder / "statm") >> pages >> resident_pages;
    figures.resident_bytes = resident_pages * static_cast<std::size_t>(sysconf(_SC_PAGESIZE));

    for (fs::directory_iterator at(folder / "task", gone), end; !gone && at != end; at.increment(gone)) {
        ++figures.threads;
        figures.context_switches += context_switches(at->path());
    }
    return figures;
}

std::string process_id_mistake(const std::string& text) {
    pid_t process = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), process);
    if (error != std::errc{} || end != text.data() + text.size() || process <= 0)
        return "expected the id of a process, found \"" + text + "\"; is the process running?";
    return look_at(process) ? "" : '"' + text + "\": no such process, or no permission to see its figures";
}

} // namespace audiosocket::app
