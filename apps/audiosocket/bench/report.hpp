// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "bench/generator.hpp"

#include <boost/json/object.hpp>

#include <string>
#include <vector>

namespace audiosocket::app::bench {

/// What was measured, for the heading.
struct subject {
    std::string target;
    bench::mode mode = bench::mode::echo;
    std::size_t idle = 0;
    std::size_t idle_held = 0;   ///< Idle connections that were still open when the server's memory was measured.
    std::size_t idle_closed = 0; ///< By the server, at the end.
    std::optional<bench::churn> churn;
    std::chrono::nanoseconds caller_jitter{};
    std::string congestion; ///< Of the caller's sockets; empty: the kernel's default.
};

/// Return the report for people, and as one JSON object.
std::string to_text(const subject& what, const measurement& m);
boost::json::object to_json(const subject& what, const measurement& m);

/// Returns what was wrong, each in a sentence; empty for a server that holds its calls.
std::vector<std::string> findings(const subject& what, const measurement& m);

/// Returns whether the generator itself was late, so that the figures are upper bounds.
bool was_late(const measurement& m);

std::string_view name(mode m);

} // namespace audiosocket::app::bench
