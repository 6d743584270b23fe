// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/wait_histogram.hpp"

#include <functional>
#include <string>
#include <variant>
#include <vector>

namespace audiosocket::app::admin {

/// A metric of a verb: a counter, a gauge, or a histogram of waits.
struct metric {
    std::string name;
    std::string help;
    std::variant<double, wait_histogram> value;
    bool is_gauge = false; ///< A number that may go down.
};

/// Returns the metrics of a verb that other servers do not have. Called on the thread of the admin address.
using more_metrics = std::function<std::vector<metric>()>;

} // namespace audiosocket::app::admin
