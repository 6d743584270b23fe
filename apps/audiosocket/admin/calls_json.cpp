// SPDX-License-Identifier: Apache-2.0
#include "admin/calls_json.hpp"

#include "base/host_port.hpp"
#include "base/json_text.hpp"
#include "base/process_figures.hpp"
#include "base/statistics_json.hpp"

#include <audiosocket/version.hpp>

#include <boost/json/array.hpp>

#include <unistd.h>

#include <algorithm>
#include <cctype>

namespace audiosocket::app::admin {
namespace {

namespace json = boost::json;

bool contains(std::string_view text, std::string_view what) {
    const auto same = [](unsigned char a, unsigned char b) { return std::tolower(a) == std::tolower(b); };
    return std::search(text.begin(), text.end(), what.begin(), what.end(), same) != text.end();
}

double loudness(const std::optional<level>& l) {
    return l ? l->rms_dbfs : level::floor_dbfs;
}

double sort_value(const call_row& c, const std::string& key) {
    const auto& s = c.counted;
    if (key == "jitter") return static_cast<double>(s.arrival_jitter.count());
    if (key == "queue") return static_cast<double>(c.queued.count());
    if (key == "underruns") return static_cast<double>(s.underruns);
    if (key == "late") return static_cast<double>(s.late_frames);
    if (key == "received") return loudness(c.received);
    if (key == "sent") return loudness(c.sent);
    return static_cast<double>(c.age.count());
}

// The key of a row; the id decides between equal values, so that rows keep their order.
struct sorted_row {
    double value;
    std::string text;
    const call_row* row;

    auto order() const { return std::tie(value, text, row->id.bytes); }
};

json::value level_json(const std::optional<level>& l) {
    if (!l) return nullptr;
    return json::object{{"rms_dbfs", rounded(l->rms_dbfs)}, {"peak_dbfs", rounded(l->peak_dbfs)}};
}

json::array findings_json(const std::vector<diagnosis::finding>& findings) {
    json::array all;
    for (const auto& f : findings) {
        all.push_back(json::object{{"code", name(f.code)},
                                   {"fault", f.weight == diagnosis::severity::finding},
                                   {"text", f.text},
                                   {"advice", f.advice}});
    }
    return all;
}

double seconds(std::chrono::nanoseconds d) {
    return std::chrono::duration<double>(d).count();
}

} // namespace

selection select(const snapshot& s, const call_query& q) {
    std::vector<sorted_row> found;
    for (const call_row& c : s.calls) {
        if (!q.filter.empty() && !contains(to_string(c.id), q.filter) && !contains(host_port(c.peer), q.filter))
            continue;
        if (q.sort == "peer" || q.sort == "id")
            found.push_back({0, q.sort == "peer" ? host_port(c.peer) : std::string(), &c});
        else
            found.push_back({sort_value(c, q.sort), {}, &c});
    }
    std::ranges::sort(found, [&](const sorted_row& a, const sorted_row& b) {
        return q.descending ? b.order() < a.order() : a.order() < b.order();
    });
    selection chosen{{}, found.size()};
    const auto begin = std::min(q.offset, found.size());
    const auto end = begin + std::min(q.limit, found.size() - begin);
    for (auto n = begin; n < end; ++n)
        chosen.rows.push_back(found[n].row);
    return chosen;
}

json::object to_json(const call_row& c) {
    json::object row{
        {"id", to_string(c.id)},
        {"peer", host_port(c.peer)},
        {"age_seconds", rounded(seconds(c.age))},
        {"receive_format", name(c.receive_format)},
        {"send_format", name(c.send_format)},
        {"queue_ms", c.queued.count()},
        {"jitter_ms", rounded(static_cast<double>(c.counted.arrival_jitter.count()) / 1000)},
        {"received", level_json(c.received)},
        {"sent", level_json(c.sent)},
        {"findings", findings_json(c.findings)},
        {"statistics", app::to_json(c.counted)},
    };
    for (const auto& member : c.about)
        row.emplace(member.key(), member.value());
    return row;
}

json::object to_json(const snapshot& s, const selection& chosen) {
    json::array rows;
    for (const call_row* c : chosen.rows)
        rows.push_back(to_json(*c));
    const bool truncated = rows.size() < chosen.matching;
    return {{"calls_up", s.calls.size()},
            {"matching", chosen.matching},
            {"truncated", truncated},
            {"calls", std::move(rows)}};
}

json::object status_json(const snapshot& s) {
    const auto& l = s.server.listening;
    json::object ended;
    for (std::size_t n = 1; n < ended_calls::reasons; ++n)
        ended.emplace(name(static_cast<end_reason>(n)), s.ended.by_reason[n]);
    const auto figures = look_at(getpid()).value_or(process_figures{});
    return {
        {"state", s.server.stopping                      ? "stopping"
                  : s.calls.size() >= s.server.calls_max ? "full"
                                                         : "serving"},
        {"version", version},
        {"pid", getpid()},
        {"calls_up", s.calls.size()},
        {"calls_max", s.server.calls_max},
        {"handshakes", l.handshakes},
        {"handshakes_max", s.server.handshakes_max},
        {"threads", s.threads.size()},
        {"connections", l.connections},
        {"calls_started", l.calls},
        {"calls_ended", std::move(ended)},
        {"refused", l.refused},
        {"evicted", l.evicted},
        {"never_started", l.never_started},
        {"recordings", json::object{{"begun", s.server.recordings.begun},
                                    {"failed", s.server.recordings.failed},
                                    {"dropped_seconds", rounded(seconds(s.server.recordings.dropped))},
                                    {"waiting_bytes", s.server.recordings.waiting_bytes}}},
        {"cpu_seconds", rounded(seconds(figures.cpu))},
        {"resident_bytes", figures.resident_bytes},
        {"open_files", figures.descriptors},
        {"statistics", app::to_json(s.counted())},
    };
}

json::object to_json(const sound_outline& outline, std::uint64_t from) {
    json::array pairs;
    for (const auto& s : outline.since(from)) {
        pairs.emplace_back(static_cast<int>(s.low));
        pairs.emplace_back(static_cast<int>(s.high));
    }
    return {{"from", outline.first_since(from)}, {"slots", std::move(pairs)}};
}

} // namespace audiosocket::app::admin
