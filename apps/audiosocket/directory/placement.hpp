// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "directory/peers.hpp"

namespace audiosocket::app::directory {

/// A node that a call could connect to.
struct candidate {
    node_id node;
    double used = 0;   ///< Share of its capacity that calls use or are about to use.
    double a_call = 0; ///< Share of its capacity that one call uses.
    bool busy = false; ///< It uses nearly all of its processor time.
};

/// Returns whether a node uses so much processor time that others are better.
bool is_busy(double load);

/// Returns the share of the capacity that is in use with so many calls.
double used_share(std::size_t calls, std::size_t calls_max);

/// Returns the node for an announced call: this node, unless it takes no calls or is clearly fuller than another. The
/// others are represented by two of them, which the id chooses. The least used of all would get the calls of all nodes
/// at once, because what a node knows of another is always a little old. `here` is null if this node takes no calls.
/// Returns null if there is no node at all.
const candidate* choose_home(const uuid& id, const candidate* here, const std::vector<candidate>& others);

} // namespace audiosocket::app::directory
