// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "admin/snapshot.hpp"
#include "admin/target.hpp"

#include <boost/json/object.hpp>

namespace audiosocket::app::admin {

/// The calls of a snapshot that a query asks for, in its order.
struct selection {
    std::vector<const call_row*> rows; ///< Valid as long as the snapshot.
    std::size_t matching = 0;          ///< How many there would be without limit and offset.
};

selection select(const snapshot& s, const call_query& q);

/// One call, with its statistics; levels are null unless they are measured.
boost::json::object to_json(const call_row& c);

boost::json::object to_json(const snapshot& s, const selection& chosen);

/// Since when we have been called what, how many are up and may be, and what all have counted: for a page that shows
/// it.
boost::json::object status_json(const snapshot& s);

/// The slots of an outline from number `from` on, as pairs of lowest and highest in 256ths of the full scale.
boost::json::object to_json(const sound_outline& outline, std::uint64_t from);

} // namespace audiosocket::app::admin
