// SPDX-License-Identifier: Apache-2.0
#include "directory/placement.hpp"

#include <functional>
#include <utility>

namespace audiosocket::app::directory {
namespace {

constexpr double busy_load = 0.9;

// A node keeps what is announced to it while it is at most 3 % and two calls fuller than another: each call that goes
// elsewhere costs one more message.
constexpr double tolerance = 1.03;
constexpr double tolerance_calls = 2;

} // namespace

bool is_busy(double load) {
    return load >= busy_load;
}

double used_share(std::size_t calls, std::size_t calls_max) {
    return calls_max == 0 ? 1 : static_cast<double>(calls) / static_cast<double>(calls_max);
}

const candidate* choose_home(const uuid& id, const candidate* here, const std::vector<candidate>& others) {
    if (others.empty()) return here;
    const auto dice = std::hash<uuid>{}(id);
    const auto first = dice % others.size();
    const auto step = others.size() > 1 ? 1 + dice / others.size() % (others.size() - 1) : 0;
    const candidate* a = &others[first];
    const candidate* b = &others[(first + step) % others.size()];
    const auto rank = [](const candidate& c) { return std::pair(c.busy, c.used); };
    const candidate* other = rank(*b) < rank(*a) ? b : a;
    if (!here) return other;
    if (here->busy != other->busy) return here->busy ? other : here;
    return here->used <= other->used * tolerance + tolerance_calls * here->a_call ? here : other;
}

} // namespace audiosocket::app::directory
