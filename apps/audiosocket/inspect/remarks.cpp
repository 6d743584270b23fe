// SPDX-License-Identifier: Apache-2.0
#include "inspect/remarks.hpp"

#include <algorithm>
#include <cassert>
#include <iterator>

namespace audiosocket::app::inspect {
namespace {

constexpr bool costs_call = true;
constexpr bool is_noted = false;

// In the order of the enumeration.
constexpr fault_rule rules[] = {
    {"kind_not_for_asterisk", costs_call,
     "a kind that a server must not send (only 00 and 10 to 18 are allowed): Asterisk drops the call", ""},
    {"empty_audio", costs_call, "audio of no length: Asterisk 20.14, 22.4 and later drop the call", ""},
    {"split_header", costs_call,
     "header in two pieces: many releases of Asterisk misread it; send a message in one call", "bytes"},
    {"slow_message", costs_call, "pause of more than 5 ms inside a message: Asterisk drops the call", "ms"},
    {"late_first_audio", is_noted,
     "first audio more than 40 ms after the id: Asterisk may stall until a server speaks (asterisk#2089)", "ms"},
    {"no_audio", costs_call,
     "no audio at all from the server: one call in three to five stays silent both ways (asterisk#2089)", ""},
    {"audio_gap", is_noted, "gap of more than 40 ms between audio messages: the caller hears it", "ms"},
    {"mixed_kinds", is_noted, "change of the audio kind within the call: use one kind", ""},
    {"sent_after_hangup", is_noted, "message after the hangup: the caller does not read it", ""},
    {"reset", costs_call, "connection reset by the server: Asterisk takes it for a failure; send 00 00 00, then close",
     ""},
    {"id_missing", costs_call, "message before the id: a server closes the connection", ""},
    {"id_length", costs_call, "id that is not 16 bytes: a server closes the connection", "bytes"},
    {"id_repeated", costs_call, "second id: a strict server closes the connection", ""},
    {"unknown_kind", is_noted, "unknown kind: skipped by its length", ""},
    {"bad_digit", is_noted, "dtmf that is not one of 0-9 * # A-D: ignored", ""},
    {"error_message", is_noted, "error message: the call ends with it", ""},
    {"odd_audio", is_noted, "audio of an odd length: half a sample is lost", "bytes"},
    {"quiet_call", costs_call, "more than 2 s with nothing in either direction: the application hangs up", "ms"},
    {"both_directions", costs_call,
     "both directions of a call in one file: save each by itself (Wireshark: Follow TCP Stream, one direction, raw), "
     "or "
     "inspect the capture",
     ""},
    {"capture_hole", costs_call, "hole in the capture: packets were missed or cut short (tcpdump -s 0 -B 8192 helps)",
     "bytes"},
    {"capture_reordered", is_noted, "packet captured out of order or sent again", ""},
};

} // namespace

const fault_rule& rule_of(fault f) noexcept {
    static_assert(std::size(rules) == static_cast<std::size_t>(fault::capture_reordered) + 1);
    return rules[static_cast<std::size_t>(f)];
}

void remark_list::add(fault f, place where, std::int64_t size) {
    remark& r = remarks_[f];
    if (r.count++ == 0) {
        r.first_offset = where.offset;
        r.first_at = where.at;
    }
    r.worst = std::max(r.worst, size);
}

bool remark_list::costs_call() const noexcept {
    return std::any_of(remarks_.begin(), remarks_.end(),
                       [](const auto& entry) { return rule_of(entry.first).costs_call; });
}

} // namespace audiosocket::app::inspect
