// SPDX-License-Identifier: Apache-2.0
#include "daemon/agent_answer.hpp"

#include <fmt/format.h>

#include <unistd.h>

#include <algorithm>
#include <cmath>
#include <cstdlib>

namespace audiosocket::app {
namespace {

constexpr double load_of_free = 0.7;
constexpr double load_of_full = 1.0;

constexpr int step_percent = 10;

} // namespace

std::string agent_answer(const agent_state& now) {
    if (now.stopping) return "drain\n";
    if (now.calls >= now.calls_max) return "up ready 0%\n";
    const double free_calls = 1 - static_cast<double>(now.calls) / static_cast<double>(now.calls_max);
    const double free_machine = std::clamp((load_of_full - now.load) / (load_of_full - load_of_free), 0.0, 1.0);
    const int steps = static_cast<int>(std::ceil(std::min(free_calls, free_machine) * 100 / step_percent));
    return fmt::format("up ready {}%\n", std::max(steps, 1) * step_percent);
}

double load_of_machine() noexcept {
    double last_minute = 0;
    const long cores = sysconf(_SC_NPROCESSORS_ONLN);
    if (getloadavg(&last_minute, 1) != 1 || cores < 1) return 0;
    return last_minute / static_cast<double>(cores);
}

} // namespace audiosocket::app
