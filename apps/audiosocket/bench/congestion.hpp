// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

namespace audiosocket::app::bench {

/// Sets the congestion control of a TCP socket. Returns 0, or the errno of the kernel's refusal.
int set_congestion(int socket, const std::string& name);

/// Throws failure (usage) if the kernel refuses this congestion control; the message lists those that it has.
void check_congestion(const std::string& name);

} // namespace audiosocket::app::bench
