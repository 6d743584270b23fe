// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "log/peer_quota.hpp"

#include <array>
#include <optional>
#include <string>
#include <vector>

namespace audiosocket::app {

/// What is reported about a peer. Each kind has its own quota, so that a flood of one kind hides no other kind.
enum class reported {
    call_lines,  ///< Lines of the log about its calls.
    early_ends,  ///< Lines of the log about connections that never became calls.
    call_events, ///< JSON events: calls that start and end, recordings that fail.
    key_events,  ///< JSON events within calls: digits, what was played, what was cut off.
    wrong_tokens ///< Lines of the log about requests to the admin address with a wrong token.
};

/// How much of each kind is reported about one peer in a second. Not thread-safe.
class report_quotas {
  public:
    using peer = peer_quota::peer;
    using time_point = peer_quota::time_point;

    /// `calls_max` is the most calls at the same time. All of them may be of one peer, and may begin and end within a
    /// second.
    explicit report_quotas(std::size_t calls_max);

    /// Returns whether a report about the peer is within its quota now; counts it otherwise.
    bool allows(reported what, const peer& who, time_point now);

    /// Reports that were left out in one second of a peer; no peer: of the peers that share a quota.
    struct left_out {
        reported what;
        std::optional<peer> who;
        std::uint64_t count = 0;
    };

    /// Returns and forgets the counts of past seconds; of all seconds if `at_end`.
    std::vector<left_out> take_left_out(time_point now, bool at_end);

  private:
    std::array<peer_quota, 5> quotas_;
};

/// Returns what was left out, for the log: "lines about its calls".
const char* words_for(reported what);

/// Returns whether this kind is a JSON event; otherwise it is a log line.
bool is_event(reported what);

} // namespace audiosocket::app
