// SPDX-License-Identifier: Apache-2.0
#include "hostile/measured_row.hpp"

#include "command/http_client.hpp"
#include "hostile/hostile_callers.hpp"

#include <fmt/format.h>

#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <list>
#include <map>
#include <stop_token>
#include <thread>

namespace audiosocket::test {
namespace {

using std::chrono::milliseconds;

constexpr std::size_t good_calls = 4;
constexpr milliseconds frame_time{20};
constexpr milliseconds gap_max{40};
constexpr double frames_share_min = 0.99;
constexpr milliseconds health_interval{100};
constexpr milliseconds settling{300}; // until all calls are in progress

// The processor time that each thread of a process has used, in seconds.
std::map<std::string, double> thread_times(pid_t process) {
    std::map<std::string, double> all;
    std::error_code gone;
    for (const auto& thread : std::filesystem::directory_iterator(fmt::format("/proc/{}/task", process), gone)) {
        std::ifstream file(thread.path() / "stat");
        std::string line;
        std::getline(file, line);
        std::istringstream rest(line.substr(std::min(line.rfind(')') + 1, line.size())));
        std::string field;
        double ticks = 0;
        for (int n = 3; n <= 15 && rest >> field; ++n)
            if (n >= 14) ticks += std::stod(field);
        all[thread.path().filename()] = ticks / static_cast<double>(sysconf(_SC_CLK_TCK));
    }
    return all;
}

double busiest_share(const std::map<std::string, double>& before, const std::map<std::string, double>& after,
                     milliseconds time) {
    double most = 0;
    for (const auto& [thread, seconds] : after) {
        const auto old = before.find(thread);
        most = std::max(most, seconds - (old == before.end() ? 0 : old->second));
    }
    return most / std::chrono::duration<double>(time).count();
}

// Asks for /healthz until it is stopped.
void ask_health(const address& admin, measured_row& row, const std::stop_token& stop) {
    const raw_peer::tcp::endpoint where(boost::asio::ip::make_address(admin.host), admin.port);
    auto due = clock::now();
    while (!stop.stop_requested()) {
        int status = 0;
        try {
            status = ask(where, "GET /healthz").status;
        } catch (const std::exception&) { // no answer, which is what counts
        }
        ++row.health_asked;
        if (status != 200) row.health_answers_not_200.push_back(status);
        due = std::max(due + health_interval, clock::now());
        std::this_thread::sleep_until(due);
    }
}

} // namespace

std::size_t measured_row::frames_expected() const {
    return static_cast<std::size_t>(time / frame_time) + 1;
}

std::size_t measured_row::fewest_frames() const {
    return std::ranges::min(good, {}, &good_callers::result::frames).frames;
}

std::chrono::nanoseconds measured_row::longest_gap() const {
    return std::ranges::max(good, {}, &good_callers::result::longest_gap).longest_gap;
}

std::chrono::nanoseconds measured_row::longest_p99() const {
    return std::ranges::max(good, {}, &good_callers::result::p99).p99;
}

bool measured_row::good_calls_are_well() const {
    const auto fewest = static_cast<double>(fewest_frames());
    return fewest >= frames_share_min * static_cast<double>(time / frame_time) && longest_gap() <= gap_max;
}

measured_row measure(const attacked_server& server, const attack& what, milliseconds time) {
    measured_row row;
    row.what = what;
    row.time = time;
    const auto endpoint = app::bench::find_server(server.where, "");
    good_callers good(endpoint, good_calls);
    std::list<hostile_callers> hostile;
    for (const attack& part : what.parts.empty() ? std::vector{what} : what.parts)
        hostile.emplace_back(endpoint, part);
    std::this_thread::sleep_for(settling);

    const auto before = server.pid ? thread_times(*server.pid) : std::map<std::string, double>{};
    const auto from = clock::now();
    for (auto& one : hostile)
        one.begin();
    {
        std::jthread health;
        if (what.asks_health && server.admin)
            health = std::jthread([&](const std::stop_token& stop) { ask_health(*server.admin, row, stop); });
        std::this_thread::sleep_until(from + time);
    }
    if (server.pid) row.busiest = busiest_share(before, thread_times(*server.pid), time);
    row.good = good.received(from, from + time);
    for (const auto& one : hostile)
        row.left += one.connected();
    return row;
}

std::string table_head() {
    return fmt::format("{:<28} {:>11} {:>9} {:>9} {:>8} {:>11} {}", "attack", "frames", "gap", "p99", "thread",
                       "connected", "healthz");
}

std::string table_line(const measured_row& row) {
    const auto ms = [](std::chrono::nanoseconds time) {
        return std::chrono::duration<double, std::milli>(time).count();
    };
    std::string health;
    if (row.health_asked > 0)
        health = fmt::format("{} of {} not 200", row.health_answers_not_200.size(), row.health_asked);
    return fmt::format("{:<28} {:>4} of {:>3} {:>6.0f} ms {:>6.1f} ms {:>8} {:>11} {}", row.what.text,
                       row.fewest_frames(), row.frames_expected(), ms(row.longest_gap()), ms(row.longest_p99()),
                       row.busiest ? fmt::format("{:.0f} %", 100 * *row.busiest) : std::string("-"),
                       fmt::format("{}/{}", row.left, row.what.callers), health);
}

} // namespace audiosocket::test
