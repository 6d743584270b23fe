// SPDX-License-Identifier: Apache-2.0
#include "gateway/replay_report.hpp"

#include "base/printable.hpp"

#include <boost/json/array.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <set>

namespace audiosocket::app::gateway {
namespace {

namespace json = boost::json;

std::string seconds(std::chrono::nanoseconds d) {
    return fmt::format("{:.2f} s", std::chrono::duration<double>(d).count());
}

std::string moment(const std::optional<std::chrono::milliseconds>& at) {
    return at ? fmt::format("{:.3f} s", std::chrono::duration<double>(*at).count()) : "never";
}

std::string or_dash(const std::string& text) {
    return text.empty() ? "-" : text;
}

struct table {
    void row(std::string_view what, std::string_view tape, std::string_view replay) {
        text += fmt::format("{:<34} {:>16} {:>16}\n", what, tape, replay);
    }
    void row(std::string_view what, std::uint64_t tape, std::uint64_t replay) {
        row(what, std::to_string(tape), std::to_string(replay));
    }
    void messages(const char* direction, const std::map<std::string, std::uint64_t>& tape,
                  const std::map<std::string, std::uint64_t>& replay) {
        std::set<std::string> types;
        for (const auto* side : {&tape, &replay})
            for (const auto& [type, number] : *side)
                types.insert(type);
        const auto number = [](const auto& in, const std::string& type) {
            const auto found = in.find(type);
            return found == in.end() ? 0 : found->second;
        };
        for (const auto& type : types)
            row(fmt::format("  {} {}", direction, printable(type)), number(tape, type), number(replay, type));
    }
    std::string text;
};

std::string turn_time(const std::vector<tape::tape_turn>& turns, std::size_t which) {
    return which < turns.size() ? fmt::format("{} ms", turns[which].total_ms) : "-";
}

} // namespace

std::vector<std::string> replay_result::failures() const {
    std::vector<std::string> all;
    const std::string why = losses.empty() ? "" : ": " + losses.front();
    if (replay.connections == 0)
        all.push_back("the back end " + (losses.empty() ? "cannot be reached" : losses.front()));
    else if (!replay.ready_at)
        all.push_back("the session was not set up" + why);
    else if (tape.agent_spoke_at && !replay.agent_spoke_at)
        all.push_back("the back end did not speak, and on the tape it did" + why);
    return all;
}

std::string as_table(const replay_result& result) {
    constexpr std::size_t turns_shown = 20;
    const auto& tape = result.tape;
    const auto& replay = result.replay;
    table t;
    t.row("", "tape", "replay");
    t.row("length", seconds(tape.length), seconds(replay.length));
    t.row("connections", tape.connections, replay.connections);
    t.row("session set up at", moment(tape.ready_at), moment(replay.ready_at));
    t.row("caller audio", seconds(tape.caller_audio), seconds(replay.caller_audio));
    t.row("digits", tape.digits, replay.digits);
    t.row("audio of the back end", seconds(tape.agent_audio), seconds(replay.agent_audio));
    t.row("  first at", moment(tape.agent_spoke_at), moment(replay.agent_spoke_at));
    t.row("  longest silence", seconds(tape.longest_silence), seconds(replay.longest_silence));
    t.row("turns", tape.turn_count, replay.turn_count);
    for (std::size_t i = 0; i < std::min(turns_shown, std::max(tape.turns.size(), replay.turns.size())); ++i)
        t.row(fmt::format("  turn {}", i + 1), turn_time(tape.turns, i), turn_time(replay.turns, i));
    t.row("barge-ins", tape.barge_ins, replay.barge_ins);
    t.text += "messages\n";
    t.messages("to", tape.sent, replay.sent);
    t.messages("from", tape.received, replay.received);
    t.row("the call ended", printable(or_dash(tape.ended)), printable(or_dash(replay.ended)));
    if (result.damaged_lines > 0)
        t.text += fmt::format("the tape has {} damaged lines: audiosocket inspect shows them\n", result.damaged_lines);
    for (const auto& loss : result.losses)
        t.text += "lost: " + printable(loss) + '\n';
    for (const auto& why : result.failures())
        t.text += "FAILED: " + printable(why) + '\n';
    return t.text;
}

json::object to_json(const replay_result& result) {
    const auto failures = result.failures();
    json::array why;
    for (const auto& one : failures)
        why.emplace_back(one);
    json::array losses;
    for (const auto& one : result.losses)
        losses.emplace_back(one);
    return {{"event", "replay"},
            {"id", result.head.id},
            {"good", failures.empty()},
            {"failures", std::move(why)},
            {"losses", std::move(losses)},
            {"damaged_lines", result.damaged_lines},
            {"tape", result.tape.to_json()},
            {"replay", result.replay.to_json()}};
}

} // namespace audiosocket::app::gateway
