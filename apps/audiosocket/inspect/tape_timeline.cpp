// SPDX-License-Identifier: Apache-2.0
#include "inspect/tape_timeline.hpp"

#include "base/printable.hpp"
#include "tape/tape_summary.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <ostream>
#include <utility>
#include <vector>

namespace audiosocket::app::inspect {
namespace {

using tape::tape_entry;

constexpr std::size_t excerpt_chars = 100;

// A long run of these characters in a text is base64.
constexpr std::size_t base64_chars_min = 100;

constexpr std::chrono::seconds run_max{1};

// Sender and receiver of a line.
constexpr std::string_view from_caller = "caller ->";
constexpr std::string_view to_caller = "caller <-";
constexpr std::string_view to_back_end = "       -> back end";
constexpr std::string_view from_back_end = "       <- back end";
constexpr std::string_view ours = "       --";

bool is_base64(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '+' || c == '/' ||
           c == '-' || c == '_' || c == '=';
}

std::size_t base64_length(std::string_view text) {
    const auto end = std::ranges::find_if_not(text, is_base64);
    return static_cast<std::size_t>(end - text.begin());
}

bool has_audio(const tape_entry& message) {
    if (message.fields.contains("binary")) return true;
    auto text = message.text("text");
    while (!text.empty()) {
        const auto length = base64_length(text);
        if (length >= base64_chars_min) return true;
        text.remove_prefix(std::min(length + 1, text.size()));
    }
    return false;
}

// Returns the text without its base64, which people do not read.
std::string excerpt(std::string_view text) {
    std::string shown;
    while (!text.empty() && shown.size() < excerpt_chars) {
        const auto length = base64_length(text);
        if (length >= base64_chars_min)
            shown += fmt::format("({} characters of base64)", length);
        else
            shown += text.substr(0, length);
        text.remove_prefix(length);
        if (text.empty()) break;
        shown += text.front();
        text.remove_prefix(1);
    }
    if (shown.size() <= excerpt_chars && text.empty()) return printable(shown);
    std::size_t end = std::min(excerpt_chars, shown.size());
    while (end > 0 && end < shown.size() && (static_cast<unsigned char>(shown[end]) & 0xC0U) == 0x80U)
        --end;
    return printable(shown.substr(0, end)) + "...";
}

std::string quoted(std::string_view text) {
    return '"' + printable(text) + '"';
}

double seconds_of(std::chrono::nanoseconds d) {
    return std::chrono::duration<double>(d).count();
}

std::string describe_message(const tape_entry& one) {
    return one.fields.contains("binary")
               ? fmt::format("binary, {} bytes", message_bytes(one))
               : fmt::format("{}: {}", printable(tape::message_type(one)), excerpt(one.text("text")));
}

std::pair<std::string_view, std::string> describe(const tape_entry& one) {
    const auto& what = one.what;
    if (what == "audio")
        return {from_caller, fmt::format("audio, {:.3f} s", seconds_of(tape::caller_audio_length(one)))};
    if (what == "digit") return {from_caller, "digit " + printable(one.text("digit"))};
    if (what == "played")
        return {to_caller, fmt::format("played up to {}, {} ms", quoted(one.text("mark")), one.number("sent_ms"))};
    if (what == "cleared")
        return {to_caller, fmt::format("cleared {}: {} ms played, {} ms cut off", quoted(one.text("mark")),
                                       one.number("sent_ms"), one.number("cut_ms"))};
    if (what == "ended") return {from_caller, "ended: " + printable(one.text("reason"))};
    if (what == "turn") return {ours, "turn: " + to_text(tape::read_turn(one))};
    if (what == "tool")
        return {ours, fmt::format("function {} {}: {}", printable(one.text("name")),
                                  one.flag("failed") ? "failed" : "answered", excerpt(one.text("text")))};
    if (what == "play")
        return {to_caller, fmt::format("play {:.3f} s{}", seconds_of(tape::play_length(one)),
                                       one.flag("refused") ? ": REFUSED, the queue is full" : "")};
    if (what == "mark") return {to_caller, "mark " + quoted(one.text("mark"))};
    if (what == "clear") return {to_caller, "clear"};
    if (what == "hang_up")
        return {to_caller, fmt::format("hang up{}: {}", one.text("when") == "now" ? " now" : " when all is played",
                                       printable(one.text("why")))};
    if (what == "sent") return {to_back_end, describe_message(one)};
    if (what == "received") return {from_back_end, describe_message(one)};
    if (what == "dial") return {ours, "dial " + printable(one.text("address"))};
    if (what == "open") return {ours, "the connection is open"};
    if (what == "ready") return {ours, "the session is set up"};
    if (what == "reconnect") return {ours, "the dialect goes on in another connection"};
    if (what == "fail") return {ours, "the back end fails: " + printable(one.text("why"))};
    if (what == "dropped") return {ours, "the gateway gives up the connection"};
    if (what == "closed")
        return {ours,
                fmt::format("the connection is closed, code {} {}", one.number("code"), printable(one.text("reason")))};
    if (what == "left_out") return {ours, fmt::format("{} lines are left out here", one.number("lines"))};
    if (what == "full") return {ours, "the tape is full: the rest is left out"};
    return {ours, printable(what)};
}

} // namespace

std::uint64_t message_bytes(const tape_entry& message) {
    if (const auto whole = message.number("bytes"); whole > 0) return static_cast<std::uint64_t>(whole);
    if (!message.fields.contains("binary")) return message.text("text").size();
    const auto text = message.text("binary");
    const auto padding = static_cast<std::size_t>(std::count(text.begin(), text.end(), '='));
    return (text.size() - padding) * 3 / 4;
}

void tape_timeline::line(std::chrono::milliseconds at, std::string_view arrow, std::string_view text) {
    out_ << fmt::format("{:9.3f}  {:<18} {}\n", seconds_of(at), arrow, text);
}

// Returns whether the entry belongs to a run, and adds it if so.
bool tape_timeline::add_to_run(const tape_entry& one) {
    run_name name{ours, {}};
    std::chrono::nanoseconds audio{};
    std::uint64_t bytes = 0;
    if (one.what == "audio") {
        name = {from_caller, "audio"};
        audio = tape::caller_audio_length(one);
    } else if (one.what == "play" && !one.flag("refused")) {
        name = {to_caller, "play"};
        audio = tape::play_length(one);
    } else if ((one.what == "sent" || one.what == "received") && has_audio(one)) {
        name = {one.what == "sent" ? to_back_end : from_back_end, tape::message_type(one)};
        bytes = message_bytes(one);
    } else {
        return false;
    }
    if (runs_.empty()) runs_began_ = one.at;
    auto& to = runs_[name];
    if (to.entries == 0) {
        to.from = one.at;
        to.place = runs_.size();
    }
    ++to.entries;
    to.bytes += bytes;
    to.audio += audio;
    return true;
}

void tape_timeline::add(const tape_entry& one) {
    if (!runs_.empty() && one.at - runs_began_ >= run_max) finish();
    if (!all_ && add_to_run(one)) return;
    finish();
    const auto [arrow, text] = describe(one);
    line(one.at, arrow, text);
}

void tape_timeline::finish() {
    std::vector<std::pair<run_name, run>> ordered(runs_.begin(), runs_.end());
    std::ranges::sort(ordered, {}, [](const auto& one) { return one.second.place; });
    for (const auto& [name, one] : ordered) {
        const auto size = name.arrow == to_back_end || name.arrow == from_back_end
                              ? fmt::format("{} bytes", one.bytes)
                              : fmt::format("{:.2f} s", seconds_of(one.audio));
        line(one.from, name.arrow, fmt::format("{} x {}, {}", printable(name.what), one.entries, size));
    }
    runs_.clear();
}

} // namespace audiosocket::app::inspect
