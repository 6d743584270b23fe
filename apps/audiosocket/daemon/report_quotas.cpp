// SPDX-License-Identifier: Apache-2.0
#include "daemon/report_quotas.hpp"

namespace audiosocket::app {
namespace {

// A large Asterisk begins and ends a hundred calls a second, with a log line for each and for some keys.
constexpr std::uint64_t of_calls = 500;

// A port scan, or a client that guesses tokens, must not fill the log.
constexpr std::uint64_t of_others = 5;

} // namespace

report_quotas::report_quotas(std::size_t calls_max)
    : quotas_{peer_quota(of_calls), peer_quota(of_others), peer_quota(of_calls + 2 * calls_max), peer_quota(of_calls),
              peer_quota(of_others)} {}

bool report_quotas::allows(reported what, const peer& who, time_point now) {
    return quotas_.at(static_cast<std::size_t>(what)).allows(who, now);
}

std::vector<report_quotas::left_out> report_quotas::take_left_out(time_point now, bool at_end) {
    std::vector<left_out> all;
    for (std::size_t n = 0; n < quotas_.size(); ++n)
        for (const auto& one : quotas_[n].take_left_out(now, at_end))
            all.push_back({static_cast<reported>(n), one.who, one.lines});
    return all;
}

const char* words_for(reported what) {
    switch (what) {
    case reported::call_lines: return "lines about its calls";
    case reported::early_ends: return "connections without a call";
    case reported::call_events: return "events of its calls and recordings";
    case reported::key_events: return "events within its calls (digits, played, cleared)";
    case reported::wrong_tokens: return "requests with a wrong token";
    }
    return "";
}

bool is_event(reported what) {
    return what == reported::call_events || what == reported::key_events;
}

} // namespace audiosocket::app
