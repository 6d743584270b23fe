// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "gateway/replay_script.hpp"
#include "tape/tape_summary.hpp"

#include <boost/json/object.hpp>

#include <string>
#include <vector>

namespace audiosocket::app::gateway {

/// What a replay has found, beside what the tape has.
struct replay_result {
    tape::tape_head head;
    tape::tape_summary tape;
    tape::tape_summary replay;
    std::vector<std::string> losses{}; ///< Why connections failed.
    std::uint64_t damaged_lines = 0;

    /// What makes it a failure; empty: none.
    std::vector<std::string> failures() const;
};

/// The result as a table for people, in lines.
std::string as_table(const replay_result& result);

boost::json::object to_json(const replay_result& result);

} // namespace audiosocket::app::gateway
