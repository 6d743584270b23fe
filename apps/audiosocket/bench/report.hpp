// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "bench/generator.hpp"

#include <boost/json/object.hpp>

#include <string>
#include <vector>

namespace audiosocket::app::bench {

/// What a measurement was of, for its heading.
struct subject {
    std::string target;
    bench::mode mode = bench::mode::echo;
    std::size_t idle = 0;
    std::size_t idle_held = 0;   ///< Of them the server had not closed when its memory was looked at.
    std::size_t idle_closed = 0; ///< By the server, at the end.
    std::optional<bench::churn> churn;
    std::chrono::nanoseconds caller_jitter{};
    std::string congestion; ///< Of the caller's sockets; empty: the kernel's default.
};

/// For people, and as one JSON object.
std::string to_text(const subject& what, const measurement& m);
boost::json::object to_json(const subject& what, const measurement& m);

/// What was not as it should be, each in a sentence; a server that holds its calls has none.
std::vector<std::string> findings(const subject& what, const measurement& m);

/// Whether the generator was late itself, so that the figures are upper bounds.
bool was_late(const measurement& m);

std::string_view name(mode m);

} // namespace audiosocket::app::bench
