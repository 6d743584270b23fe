// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "admin/snapshot.hpp"
#include "admin/target.hpp"

#include <boost/json/object.hpp>

namespace audiosocket::app::admin {

/// The calls of a snapshot that a query asks for, in its order.
struct selection {
    std::vector<const call_row*> rows; ///< Valid as long as the snapshot.
    std::size_t matching = 0;          ///< Number of calls without limit and offset.
};

selection select(const snapshot& s, const call_query& q);

/// Returns one call with its statistics; levels are null unless they are measured.
boost::json::object to_json(const call_row& c);

boost::json::object to_json(const snapshot& s, const selection& chosen);

/// Returns the status of the server for the live page: version, start, calls, limits and the sum of all counters.
boost::json::object status_json(const snapshot& s);

/// Returns the slots of an outline from number `from` on, as pairs of lowest and highest value in 256ths of full scale.
boost::json::object to_json(const sound_outline& outline, std::uint64_t from);

} // namespace audiosocket::app::admin
