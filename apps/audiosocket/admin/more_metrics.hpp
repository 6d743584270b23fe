// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <audiosocket/call/duration_histogram.hpp>

#include <functional>
#include <string>
#include <variant>
#include <vector>

namespace audiosocket::app::admin {

/// A metric of a verb: a counter, a gauge, or a histogram of durations.
struct metric {
    std::string name;
    std::string help;
    std::variant<double, duration_histogram> value;
    bool is_gauge = false; ///< A number that may go down.
};

/// Returns the metrics that a verb has besides those of every server. Called on the thread of the admin address.
using more_metrics = std::function<std::vector<metric>()>;

} // namespace audiosocket::app::admin
