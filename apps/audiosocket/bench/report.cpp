// SPDX-License-Identifier: Apache-2.0
#include "bench/report.hpp"

#include "base/json_text.hpp"

#include <fmt/format.h>

#include <cerrno>
#include <system_error>

namespace audiosocket::app::bench {
namespace {

namespace json = boost::json;
using std::chrono::nanoseconds;

// If we send a frame this late, we cause its late return.
constexpr std::chrono::milliseconds own_lateness_max{1};

double microseconds(nanoseconds d) {
    return static_cast<double>(d.count()) / 1e3;
}

double milliseconds(nanoseconds d) {
    return static_cast<double>(d.count()) / 1e6;
}

double seconds(nanoseconds d) {
    return static_cast<double>(d.count()) / 1e9;
}

std::string mebibytes(std::size_t bytes) {
    return fmt::format("{:.1f} MiB", static_cast<double>(bytes) / (1024 * 1024));
}

std::size_t growth(std::size_t from, std::size_t to) {
    return to - std::min(from, to);
}

// Returns the bytes for each of `of`; 0 if there are none.
std::size_t share(std::size_t bytes, std::uint64_t of) {
    return of == 0 ? 0 : bytes / of;
}

double a_frame(std::uint64_t count, const measurement& m) {
    return m.seen.frames_received == 0 ? 0 : static_cast<double>(count) / static_cast<double>(m.seen.frames_received);
}

json::object to_json(const histogram& h) {
    const auto us = [](nanoseconds d) { return rounded(microseconds(d)); };
    return {{"count", h.count()},   {"min", us(h.min())},    {"mean", us(h.mean())},     {"p50", us(h.at(0.5))},
            {"p90", us(h.at(0.9))}, {"p99", us(h.at(0.99))}, {"p99_9", us(h.at(0.999))}, {"max", us(h.max())}};
}

json::object to_json(const subject& what, const server_cost& s, const measurement& m) {
    json::object o{
        {"pid", s.pid},
        {"cpu_s", rounded(seconds(s.cpu))},
        {"cpu_us_per_frame", rounded(m.cpu_us_per_frame())},
        {"cpu_share", rounded(m.server_cores())},
        {"context_switches_per_frame", rounded(a_frame(s.context_switches, m))},
        {"threads", s.threads},
        {"resident_bytes_before", s.resident_bytes_before},
        {"resident_bytes_idle", s.resident_bytes_idle},
        {"resident_bytes_up", s.resident_bytes_up},
        {"resident_bytes_per_call", share(growth(s.resident_bytes_idle, s.resident_bytes_up), m.seen.calls_up)}};
    if (what.idle > 0)
        o["resident_bytes_per_idle"] = share(growth(s.resident_bytes_before, s.resident_bytes_idle), what.idle_held);
    return o;
}

std::string row(std::string_view name, const histogram& h) {
    if (h.count() == 0) return fmt::format("  {:<19}{:>9}{:>56}\n", name, "-", 0);
    return fmt::format("  {:<19}{:>9.3f}{:>9.3f}{:>9.3f}{:>9.3f}{:>9.3f}{:>9.3f}{:>11}\n", name,
                       milliseconds(h.at(0.5)), milliseconds(h.at(0.9)), milliseconds(h.at(0.99)),
                       milliseconds(h.at(0.999)), milliseconds(h.max()), milliseconds(h.mean()), h.count());
}

std::string table(const subject& what, const measurement& m) {
    auto text = fmt::format("{:<21}{:>9}{:>9}{:>9}{:>9}{:>9}{:>9}{:>11}\n", "milliseconds", "p50", "p90", "p99",
                            "p99.9", "max", "mean", "count");
    if (what.mode == mode::echo) text += row("round trip", m.seen.round_trip);
    text += row("jitter", m.seen.jitter);
    text += row("from the best grid", m.seen.grid);
    text += row("first frame", m.seen.first_frame);
    text += row("connection", m.seen.connect);
    text += row("own lateness", m.seen.own_lateness);
    return text + row("machine's sleep", m.machine_overshoot);
}

std::string frames(const subject& what, const measurement& m) {
    auto text = fmt::format("frames     {} sent, {} received\n", m.seen.frames_sent, m.seen.frames_received);
    if (what.mode == mode::echo)
        text += fmt::format("           {} came back; {} lost, {} twice, {} late, {} torn\n", m.seen.frames_returned,
                            m.seen.frames_lost(), m.seen.frames_again, m.seen.frames_late, m.seen.frames_torn);
    return text;
}

std::string server_lines(const subject& what, const measurement& m) {
    if (!m.server) return "";
    const auto& s = *m.server;
    auto text = fmt::format("server     {:.1f} us of processor time a frame, {:.1f} % of a core, {:.2f} context "
                            "switches a frame, threads: {}\n",
                            m.cpu_us_per_frame(), m.server_cores() * 100, a_frame(s.context_switches, m), s.threads);
    text += fmt::format(
        "           {} resident before any call, {} with {} calls: {:.1f} KiB a call\n",
        mebibytes(s.resident_bytes_idle), mebibytes(s.resident_bytes_up), m.seen.calls_up,
        static_cast<double>(share(growth(s.resident_bytes_idle, s.resident_bytes_up), m.seen.calls_up)) / 1024);
    if (what.idle > 0) {
        text += fmt::format(
            "           {:.1f} KiB for each of {} idle connections\n",
            static_cast<double>(share(growth(s.resident_bytes_before, s.resident_bytes_idle), what.idle_held)) / 1024,
            what.idle_held);
    }
    return text;
}

} // namespace

std::string_view name(mode m) {
    return m == mode::echo ? "echo" : "playback";
}

bool was_late(const measurement& m) {
    return m.seen.own_lateness.at(0.99) > own_lateness_max;
}

std::vector<std::string> findings(const subject& what, const measurement& m) {
    std::vector<std::string> all;
    const auto add = [&](std::uint64_t count, std::string_view sentence) {
        if (count > 0) all.push_back(fmt::format("{} {}", count, sentence));
    };
    // An immediate reset is more often a limit of the server than a fault.
    const bool limited = m.seen.first_failure == ECONNRESET;
    add(m.seen.calls_failed,
        fmt::format("calls got no connection: {}{}", std::generic_category().message(m.seen.first_failure),
                    limited ? "; is that a limit of the server's (serve --max-calls, --allow)?" : ""));
    add(m.seen.calls_killed, "calls were killed: the server did not read, and Asterisk does not send a message twice");
    add(m.seen.calls_ended_by_server, "calls were ended by the server");
    add(m.seen.calls_silent, "calls received nothing from the server");
    // Calls of less than a second are too short to count as silent.
    if (m.seen.frames_sent > 0 && m.seen.frames_received == 0 && m.seen.calls_silent == 0)
        all.emplace_back("no audio arrived from the server");
    add(m.seen.messages_unlawful, "messages of the server would have ended the call in Asterisk");
    if (what.mode == mode::playback) return all;
    if (m.seen.frames_returned == 0 && m.seen.frames_received > 0) {
        all.emplace_back("the server sends audio, but none of our frames came back: it does not echo (serve --echo); "
                         "--mode playback measures its pacing alone");
        return all;
    }
    add(m.seen.frames_lost(), "frames never came back whole");
    add(m.seen.frames_again, "frames came back twice");
    add(m.seen.frames_late, "frames came back out of order");
    add(m.seen.samples_foreign, "samples came back that were never sent: the server alters the audio");
    return all;
}

std::string to_text(const subject& what, const measurement& m) {
    auto text = fmt::format("{} calls to {}, {}, measured for {:.1f} s\n", m.calls, what.target, name(what.mode),
                            seconds(m.duration));
    text += fmt::format(
        "calls      {} placed, {} in progress at the end; {} failed, {} killed, {} ended by the server\n",
        m.seen.calls_placed, m.seen.calls_up, m.seen.calls_failed, m.seen.calls_killed, m.seen.calls_ended_by_server);
    if (m.seen.calls_held_back > 0)
        text += fmt::format("           {} not placed, because {} were in progress\n", m.seen.calls_held_back, m.calls);
    if (what.caller_jitter.count() > 0)
        text += fmt::format("callers    each frame is sent up to {:g} ms late\n", milliseconds(what.caller_jitter));
    if (!what.congestion.empty()) text += fmt::format("congestion {} on the callers' sockets\n", what.congestion);
    if (what.idle > 0)
        text += fmt::format("idle       {} connections, of which the server closed {}\n", what.idle, what.idle_closed);
    text += frames(what, m) + table(what, m) + server_lines(what, m);
    text += fmt::format("generator  {:.1f} % of a core\n", m.own_cores() * 100);
    if (was_late(m)) text += "warning: the generator itself was late (own lateness); the figures are upper bounds\n";
    if (m.seen.arrivals_without_stamp > 0)
        text += fmt::format("note: the kernel gave no arrival time for {} messages; their time is when they were read, "
                            "up to a millisecond later\n",
                            m.seen.arrivals_without_stamp);
    for (const auto& f : findings(what, m))
        text += "finding: " + f + '\n';
    return text;
}

json::object to_json(const subject& what, const measurement& m) {
    const tally& t = m.seen;
    json::object o{{"target", what.target},
                   {"mode", name(what.mode)},
                   {"calls", m.calls},
                   {"duration_s", rounded(seconds(m.duration))},
                   {"caller_jitter_ms", rounded(milliseconds(what.caller_jitter))},
                   {"calls_placed", t.calls_placed},
                   {"calls_up", t.calls_up},
                   {"calls_failed", t.calls_failed},
                   {"calls_killed", t.calls_killed},
                   {"calls_ended_by_server", t.calls_ended_by_server},
                   {"calls_silent", t.calls_silent},
                   {"calls_held_back", t.calls_held_back},
                   {"frames_sent", t.frames_sent},
                   {"frames_received", t.frames_received}};
    if (what.mode == mode::echo) {
        o["frames_returned"] = t.frames_returned;
        o["frames_lost"] = t.frames_lost();
        o["frames_again"] = t.frames_again;
        o["frames_late"] = t.frames_late;
        o["frames_torn"] = t.frames_torn;
        o["samples_foreign"] = t.samples_foreign;
        o["round_trip_us"] = to_json(t.round_trip);
    } else {
        o["frames_lost"] = 0;
    }
    o["messages_unlawful"] = t.messages_unlawful;
    o["jitter_us"] = to_json(t.jitter);
    o["grid_us"] = to_json(t.grid);
    o["first_frame_us"] = to_json(t.first_frame);
    o["connect_us"] = to_json(t.connect);
    o["own_lateness_us"] = to_json(t.own_lateness);
    o["machine_overshoot_us"] = to_json(m.machine_overshoot);
    o["own_cpu_share"] = rounded(m.own_cores());
    o["generator_late"] = was_late(m);
    o["arrivals_without_stamp"] = t.arrivals_without_stamp;
    if (!what.congestion.empty()) o["congestion"] = what.congestion;
    if (what.churn)
        o["churn"] = {{"calls_a_second", what.churn->calls_a_second},
                      {"call_duration_s", rounded(seconds(what.churn->call_duration))}};
    if (what.idle > 0) o["idle"] = {{"connections", what.idle}, {"closed_by_server", what.idle_closed}};
    if (m.server) o["server"] = to_json(what, *m.server, m);
    return o;
}

} // namespace audiosocket::app::bench
