// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "cluster/cluster_plan.hpp"

#include <string>

namespace audiosocket::app::cluster {

/// Returns a complete configuration for HAProxy 2.6 or later, with a comment for each decision. The nodes are valid
/// (check_nodes).
std::string haproxy_configuration(const cluster_plan& plan);

} // namespace audiosocket::app::cluster
