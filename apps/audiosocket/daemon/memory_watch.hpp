// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <boost/asio/io_context.hpp>

#include <cstdint>

namespace audiosocket::app {

/// Runs it to its end. If the system has no memory for a call, that call is refused or ends early, and the others
/// continue. Counts from now on how often there is no memory, on all threads.
void run_calls(boost::asio::io_context& io);

/// Returns how often there was no memory since the last call.
std::uint64_t take_memory_failures() noexcept;

} // namespace audiosocket::app
