// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "admin/snapshot.hpp"
#include "admin/target.hpp"
#include "directory/cluster_node.hpp"

#include <boost/json/object.hpp>

namespace audiosocket::app::admin {

/// Returns the nodes of the cluster, and how well this process is connected to the directory.
boost::json::object nodes_json(const directory::cluster_node& cluster);

/// Returns the nodes and the calls of the whole cluster that a query asks for: the calls of this process from the
/// snapshot, the others from the directory. Sorted by age, the oldest last; `sort=-age` reverses that.
boost::json::object cluster_json(const directory::cluster_node& cluster, const snapshot& s, const call_query& q);

/// Returns what is known of a call of another node.
boost::json::object to_json(const directory::member::known_call& c);

} // namespace audiosocket::app::admin
