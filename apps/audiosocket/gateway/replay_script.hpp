// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "gateway/tool_calls.hpp"
#include "tape/tape_reader.hpp"
#include "tape/tape_summary.hpp"

#include <chrono>
#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace audiosocket::app::gateway {

/// What the caller of a tape did, and when: so that it can be done again.
struct replay_script {
    /// Audio without a gap.
    struct sound {
        std::chrono::milliseconds at{}; ///< Its first sample.
        std::vector<std::int16_t> samples;
    };
    struct key {
        std::chrono::milliseconds at{};
        char digit = 0;
    };

    /// How much longer than on the tape a back end may take to end a call that it ended on the tape.
    static constexpr std::chrono::seconds patience{10};

    tape::tape_head head;
    tape::tape_summary summary;
    std::uint64_t damaged_lines = 0;
    int rate_hz = 8000;
    std::vector<sound> sounds;
    std::vector<key> keys;
    std::map<std::string, std::deque<tool_answer>, std::less<>> tools; ///< By the name of the function, in order.
    std::chrono::milliseconds hang_up_at{};                            ///< When the caller hangs up at the latest.
};

/// Reads a tape to its end. Throws failure (file) where there is nothing to replay.
replay_script read_script(tape::tape_reader& tape);

} // namespace audiosocket::app::gateway
