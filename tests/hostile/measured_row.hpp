// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "hostile/attack.hpp"
#include "hostile/good_callers.hpp"

#include <audiosocket/net/address.hpp>

#include <sys/types.h>

#include <chrono>
#include <optional>
#include <string>
#include <vector>

namespace audiosocket::test {

/// The server under attack.
struct attacked_server {
    address where;
    std::optional<address> admin; ///< Where /healthz is.
    std::optional<pid_t> pid;     ///< Whose processor time is measured.
};

/// What good callers received beside an attack.
struct measured_row {
    attack what;
    std::chrono::milliseconds time{};
    std::vector<good_callers::result> good;
    std::size_t left = 0;                    ///< Hostile callers that were still connected at the end.
    std::optional<double> busiest;           ///< The share of a core that the server's busiest thread used.
    std::size_t health_asked = 0;            ///< Times that /healthz was asked.
    std::vector<int> health_answers_not_200; ///< 0: none came.

    std::size_t frames_expected() const;
    std::size_t fewest_frames() const;
    std::chrono::nanoseconds longest_gap() const;
    std::chrono::nanoseconds longest_p99() const;

    /// Returns whether each good call received 99 % of its frames and waited for none of them longer than 40 ms.
    bool good_calls_are_well() const;
};

/// Lets the hostile callers of `what` and four good ones call the server for this time.
measured_row measure(const attacked_server& server, const attack& what, std::chrono::milliseconds time);

/// Returns the head of the table, and a line of it.
std::string table_head();
std::string table_line(const measured_row& row);

} // namespace audiosocket::test
