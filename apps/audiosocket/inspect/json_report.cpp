// SPDX-License-Identifier: Apache-2.0
#include "inspect/json_report.hpp"

#include "base/json_text.hpp"
#include "inspect/wording.hpp"

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>

#include <cmath>

namespace audiosocket::app::inspect {
namespace {

namespace json = boost::json;

// Seconds to the microsecond, the resolution of a capture's clock.
double seconds(std::chrono::nanoseconds d) {
    return std::round(std::chrono::duration<double, std::micro>(d).count()) / 1e6;
}

std::string_view name_of(ending e) {
    switch (e) {
    case ending::open: return "open";
    case ending::hangup: return "hangup";
    case ending::closed: return "closed";
    case ending::reset: return "reset";
    case ending::torn: return "torn";
    case ending::absent: return "absent";
    case ending::cut: return "cut";
    case ending::nonsense: return "nonsense";
    }
    return {};
}

void add_content(json::object& to, const seen_message& seen) {
    const message& m = seen.message;
    error_code error;
    if (const uuid id = m.id(error); !error) to["id"] = to_string(id);
    if (const auto digit = m.dtmf_digit()) to["digit"] = std::string(1, *digit);
    if (m.kind == kind::error) {
        to["error"] = static_cast<unsigned>(m.error());
        to["error_text"] = error_names(m.error());
    }
    if (!is_audio(m.kind)) return;
    to["ms"] = rounded(seconds(seen.duration) * 1000);
    to["peak_dbfs"] = rounded(seen.peak_dbfs);
    to["encoding"] = name(seen.audio_encoding);
}

json::array to_json(const remark_list& remarks, bool has_clock) {
    json::array list;
    for (const auto& [f, r] : remarks.all()) {
        const fault_rule& rule = rule_of(f);
        json::object one{{"name", rule.name},
                         {"costs_call", rule.costs_call},
                         {"count", r.count},
                         {"first_offset", r.first_offset},
                         {"text", rule.text}};
        if (has_clock) one["first_time"] = seconds(r.first_at);
        if (!rule.unit.empty()) one[std::string("worst_") + std::string(rule.unit)] = r.worst;
        list.push_back(std::move(one));
    }
    return list;
}

json::array to_json(const std::vector<diagnosis::finding>& diagnoses) {
    json::array list;
    for (const diagnosis::finding& f : diagnoses) {
        list.push_back(json::object{{"name", diagnosis::name(f.code)},
                                    {"costs_call", f.weight == diagnosis::severity::finding},
                                    {"text", f.text},
                                    {"advice", f.advice}});
    }
    return list;
}

json::object to_json(const stream_findings& s, bool has_clock) {
    json::object kinds;
    for (const auto& [k, total] : s.kinds)
        kinds[inspect::name_of(k)] = total.messages;
    json::object out{{"from", name(s.sender)},
                     {"bytes", s.bytes},
                     {"messages", std::move(kinds)},
                     {"audio_s", seconds(s.audio())},
                     {"peak_dbfs", rounded(s.peak_dbfs)},
                     {"encoding", name(s.audio_encoding)},
                     {"end", name_of(s.end)},
                     {"end_offset", s.end_offset},
                     {"end_text", describe_end(s)},
                     {"sound", s.is_sound()},
                     {"remarks", to_json(s.remarks, has_clock)},
                     {"diagnoses", to_json(s.diagnoses)}};
    if (s.id) out["id"] = to_string(*s.id);
    return out;
}

} // namespace

void json_report::message(const call_label& call, const seen_message& seen) {
    json::object line{{"type", "message"},
                      {"call", call.number},
                      {"from", name(seen.sender)},
                      {"offset", seen.where.offset},
                      {"kind", name(seen.message.kind)},
                      {"code", static_cast<unsigned>(seen.message.kind)},
                      {"length", seen.message.payload.size()}};
    if (call.has_clock()) line["time"] = seconds(seen.where.at);
    add_content(line, seen);
    out_ << to_text(line) << '\n';
}

void json_report::end(const call_label& call, const stream_findings& caller, const stream_findings& server) {
    json::object line{{"type", "call"}, {"call", call.number}};
    if (call.has_clock()) {
        line["caller"] = call.caller;
        line["server"] = call.server;
        line["started"] = seconds(call.started->time_since_epoch());
        line["from_start"] = call.from_start;
    }
    json::array streams;
    for (const stream_findings* s : {&caller, &server})
        if (call.has_clock() || s->bytes != 0 || s->end == ending::nonsense)
            streams.push_back(to_json(*s, call.has_clock()));
    line["streams"] = std::move(streams);
    out_ << to_text(line) << '\n';
}

void json_report::finish(const inspection_totals& totals) {
    json::object line{{"type", "summary"},
                      {"calls", totals.calls},
                      {"calls_with_findings", totals.calls_with_findings},
                      {"tcp_skipped", totals.streams_skipped},
                      {"unanswered", totals.unanswered},
                      {"given_up", totals.given_up},
                      {"packets", totals.packets},
                      {"packets_cut", totals.packets_cut},
                      {"packets_without_time", totals.packets_without_time}};
    json::object not_tcp;
    for (const auto& [what, packets] : totals.not_tcp)
        not_tcp[what] = packets;
    line["not_tcp"] = std::move(not_tcp);
    if (!totals.capture_failure.empty()) line["capture_failure"] = totals.capture_failure;
    out_ << to_text(line) << '\n';
}

} // namespace audiosocket::app::inspect
