// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "live/call_registry.hpp"

#include <boost/asio/io_context.hpp>

#include <functional>
#include <memory>
#include <span>
#include <vector>

namespace audiosocket::app {

/// How one thread reads objects that live on other threads, without waiting. The work is posted to those threads. A
/// handler runs on the first thread when all have done it.
///
/// `back` may be stopped at any time; then the handler does not run. Posted work must keep alive what it needs, because
/// it may run later than that.

using back_context = std::shared_ptr<boost::asio::io_context>;

/// Calls that are visited in a row on their thread: some 20 us, a fiftieth of a tick.
inline constexpr std::size_t calls_in_a_row = 64;

/// Runs `each(call, n)` for every call (n is its place in the list) on the call's own thread, a few at a time, and then
/// `done` on `back`. A call may be released on any thread: its last owner posts the destruction to the call's own
/// thread.
void visit_calls(call_list calls, std::function<void(live_call&, std::size_t)> each, const back_context& back,
                 std::function<void()> done);

/// Runs `each(context, n)` on the thread of each context, and then `done` on `back`.
void visit_contexts(std::span<boost::asio::io_context* const> contexts,
                    std::function<void(boost::asio::io_context&, std::size_t)> each, const back_context& back,
                    std::function<void()> done);

} // namespace audiosocket::app
