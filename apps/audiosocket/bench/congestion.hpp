// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

namespace audiosocket::app::bench {

/// Gives a TCP socket the congestion control of this name. Returns 0, or the errno of the kernel's refusal.
int set_congestion(int socket, const std::string& name);

/// Throws failure (usage) where the kernel refuses this congestion control; the message lists those that it has.
void check_congestion(const std::string& name);

} // namespace audiosocket::app::bench
