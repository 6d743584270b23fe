// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "admin/more_metrics.hpp"

namespace audiosocket::app::directory {
class cluster_node;
}

namespace audiosocket::app::admin {

/// Returns the metrics of the verb and of the cluster; both may be null.
std::vector<metric> all_metrics(const more_metrics& of_verb, const directory::cluster_node* cluster);

} // namespace audiosocket::app::admin
