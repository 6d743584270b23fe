// SPDX-License-Identifier: Apache-2.0
#include "bench/capacity_report.hpp"

#include "base/json_text.hpp"

#include <boost/json/array.hpp>

#include <fmt/format.h>

namespace audiosocket::app::bench {
namespace {

namespace json = boost::json;

double milliseconds(std::chrono::nanoseconds d) {
    return static_cast<double>(d.count()) / 1e6;
}

std::string sentence(const capacity& found, const bounds& allowed) {
    const double jitter_ms = milliseconds(allowed.jitter_p99);
    switch (found.bounded_by) {
    case bound::jitter: return fmt::format("with more, the jitter's p99 exceeds {:g} ms", jitter_ms);
    case bound::round_trip:
        return fmt::format("with more, the round trip's p99 exceeds {:g} ms", milliseconds(allowed.round_trip_p99()));
    case bound::frames_lost: return "with more, frames are lost";
    case bound::calls_failed:
        return "with more, connections fail (if the server refuses them, this is its configured limit, not its "
               "capacity)";
    case bound::calls_killed: return "with more, the server does not read in time, and Asterisk ends the call";
    case bound::calls_ended: return "with more, the server ends calls";
    case bound::calls_silent: return "with more, calls receive nothing";
    case bound::generator: return "with more, the generator itself is late: try --shards, or another machine";
    case bound::own_limits: return "the open files or ports of this machine allow no more";
    case bound::none: return "interrupted";
    }
    return "";
}

} // namespace

std::string capacity_heading(const subject& what) {
    const auto uneven = what.caller_jitter.count() > 0
                            ? fmt::format(", frames are sent up to {:g} ms late", milliseconds(what.caller_jitter))
                            : "";
    return fmt::format("{}, {}{}; milliseconds\n{:>8}{:>11}{:>9}{:>12}{:>14}{:>9}{:>8}  {}\n", what.target,
                       name(what.mode), uneven, "calls", "jitter p99", "p99.9", "round trip", "own lateness",
                       "us/frame", "cores", "bounded by");
}

std::string to_text(const capacity::tried& one) {
    const auto& m = one.measured;
    const bool echoed = m.seen.round_trip.count() > 0;
    return fmt::format(
        "{:>8}{:>11.3f}{:>9.3f}{:>12}{:>14.3f}{:>9}{:>8}  {}\n", m.calls, milliseconds(m.seen.jitter.at(0.99)),
        milliseconds(m.seen.jitter.at(0.999)),
        echoed ? fmt::format("{:.3f}", milliseconds(m.seen.round_trip.at(0.99))) : "-",
        milliseconds(m.seen.own_lateness.at(0.99)), m.server ? fmt::format("{:.1f}", m.cpu_us_per_frame()) : "-",
        m.server ? fmt::format("{:.2f}", m.server_cores()) : "-", one.bound == bound::none ? "" : name(one.bound));
}

std::string to_text(const capacity& found, const bounds& allowed) {
    if (found.calls == 0 && found.bounded_by == bound::generator)
        return "no result: the generator itself was late in each step; other processes use its processor time\n";
    auto text =
        fmt::format("{}{} calls: {}\n", found.at_least() ? "at least " : "", found.calls, sentence(found, allowed));
    if (found.calls_a_core() > 0)
        text += fmt::format("{:.0f} calls for each core of the server\n", found.calls_a_core());
    return text;
}

json::object to_json(const subject& what, const capacity& found) {
    json::array steps;
    for (const auto& one : found.steps) {
        auto step = to_json(what, one.measured);
        step["bounded_by"] = name(one.bound);
        steps.push_back(std::move(step));
    }
    json::object o{{"calls", found.calls},
                   {"at_least", found.at_least()},
                   {"bounded_by", name(found.bounded_by)},
                   {"steps", std::move(steps)}};
    if (found.calls_a_core() > 0) o["calls_per_core"] = rounded(found.calls_a_core());
    return {{"target", what.target},
            {"mode", name(what.mode)},
            {"caller_jitter_ms", rounded(milliseconds(what.caller_jitter))},
            {"capacity", std::move(o)}};
}

} // namespace audiosocket::app::bench
