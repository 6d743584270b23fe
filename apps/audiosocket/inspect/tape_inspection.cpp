// SPDX-License-Identifier: Apache-2.0
#include "inspect/tape_inspection.hpp"

#include "base/json_text.hpp"
#include "base/printable.hpp"
#include "inspect/tape_timeline.hpp"
#include "tape/tape_summary.hpp"

#include <boost/json/array.hpp>

#include <fmt/format.h>

#include <ostream>

namespace audiosocket::app::inspect {
namespace {

namespace json = boost::json;
using tape::tape_entry;
using tape::tape_summary;

double seconds_of(std::chrono::nanoseconds d) {
    return std::chrono::duration<double>(d).count();
}

// Returns the entry without its audio.
json::object to_json(const tape_entry& one) {
    json::object object = one.fields;
    object["line"] = one.line;
    if (one.what == "audio") {
        object.erase("samples");
        object["ms"] = rounded(seconds_of(tape::caller_audio_length(one)) * 1000);
    }
    if (one.what == "play") object["ms"] = rounded(seconds_of(tape::play_length(one)) * 1000);
    if (one.what != "sent" && one.what != "received") return object;
    object["type"] = tape::message_type(one);
    if (!object.contains("bytes")) object["bytes"] = message_bytes(one);
    object.erase("binary");
    return object;
}

json::object head_json(const tape::tape_head& head) {
    json::object parameters;
    for (const auto& [name, value] : head.parameters)
        parameters[name] = value;
    return {{"event", "tape"},
            {"id", head.id},
            {"dialect", head.dialect},
            {"started", head.started},
            {"backend", head.back_end},
            {"from", head.from},
            {"to", head.to},
            {"parameters", std::move(parameters)}};
}

json::object summary_json(const tape_summary& sums, const tape::tape_reader& tape) {
    json::object all{{"event", "summary"}};
    for (auto& member : sums.to_json())
        all.insert(member);
    json::array damages;
    for (const auto& one : tape.damages())
        damages.push_back(json::object{{"line", one.line}, {"text", one.why}});
    all["damaged_lines"] = tape.damaged_lines();
    all["damages"] = std::move(damages);
    return all;
}

std::string numbers(const std::map<std::string, std::uint64_t>& messages) {
    std::string all;
    for (const auto& [type, number] : messages)
        all += fmt::format("{}{} {}", all.empty() ? "" : ", ", number, printable(type));
    return all.empty() ? "none" : all;
}

void print_head(const tape::tape_head& head, std::ostream& out) {
    out << fmt::format("tape of call {}, {}\ndialect {}, back end {}\n", printable(head.id), printable(head.started),
                       printable(head.dialect), printable(head.back_end));
    if (!head.from.empty() || !head.to.empty())
        out << fmt::format("from {} to {}\n", printable(head.from), printable(head.to));
    for (const auto& [name, value] : head.parameters)
        out << fmt::format("  {}: {}\n", printable(name), printable(value));
    out << '\n';
}

void print_summary(const tape_summary& sums, const tape::tape_reader& tape, std::ostream& out) {
    out << fmt::format("\n{:.1f} s; caller {:.2f} s of audio, {} digits; back end {:.2f} s of audio",
                       seconds_of(sums.length), seconds_of(sums.caller_audio), sums.digits,
                       seconds_of(sums.agent_audio));
    if (sums.agent_audio_refused.count() > 0)
        out << fmt::format(", {:.2f} s refused", seconds_of(sums.agent_audio_refused));
    out << fmt::format("\nturns {}, barge-ins {}, connections {}\n", sums.turn_count, sums.barge_ins, sums.connections);
    for (const auto& one : sums.turns)
        out << fmt::format("  {:9.3f}  {}\n", seconds_of(one.at), to_text(one));
    if (sums.longest_silence.count() > 0)
        out << fmt::format("longest silence of the back end {:.3f} s, from {:.3f} s on\n",
                           seconds_of(sums.longest_silence), seconds_of(sums.longest_silence_at));
    out << "messages to the back end: " << numbers(sums.sent) << '\n';
    out << "messages from the back end: " << numbers(sums.received) << '\n';
    if (!sums.close.empty()) out << "the connection ended: " << printable(sums.close) << '\n';
    out << (sums.ended.empty() ? "the tape ends before the call does\n"
                               : "the call ended: " + printable(sums.ended) + '\n');
    if (sums.lines_left_out > 0)
        out << fmt::format("{} lines were left out: too much waited for the disk\n", sums.lines_left_out);
    if (sums.full) out << "the tape was full before the call ended\n";
    for (const auto& one : tape.damages())
        out << fmt::format("DAMAGED: line {} {}\n", one.line, printable(one.why));
    if (tape.damaged_lines() > tape.damages().size())
        out << fmt::format("DAMAGED: {} more lines\n", tape.damaged_lines() - tape.damages().size());
}

} // namespace

bool inspect_tape(tape::tape_reader& tape, const tape_output& how, std::ostream& out) {
    tape_summary sums;
    tape_timeline timeline(out, how.all);
    if (how.json)
        out << app::to_text(head_json(tape.head())) << '\n';
    else
        print_head(tape.head(), out);
    while (const auto one = tape.next()) {
        sums.add(*one);
        if (how.json)
            out << app::to_text(to_json(*one)) << '\n';
        else
            timeline.add(*one);
    }
    if (how.json) {
        out << app::to_text(summary_json(sums, tape)) << '\n';
    } else {
        timeline.finish();
        print_summary(sums, tape, out);
    }
    return tape.damaged_lines() == 0;
}

} // namespace audiosocket::app::inspect
