// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "live/call_registry.hpp"

#include <boost/asio/io_context.hpp>

#include <functional>
#include <memory>
#include <span>
#include <vector>

namespace audiosocket::app {

/// How somebody on one thread looks at what lives on others, without any of them waiting: what is to be done is sent
/// there, and the news comes back when all have done it.
///
/// `back` may be stopped at any time; then the news does not come. What is sent must keep what it needs alive, for it
/// may run later than that.

using back_context = std::shared_ptr<boost::asio::io_context>;

/// Calls looked at in a row on their thread: some 20 us, a fiftieth of a tick.
inline constexpr std::size_t calls_in_a_row = 64;

/// Runs `each(call, n)` for every call (n is its place in the list) on the thread where it lives, a few at a time, and
/// then `done` on `back`. Whoever holds a call may let go of it on any thread: what the last hold leaves to be done is
/// done on its own thread.
void visit_calls(call_list calls, std::function<void(live_call&, std::size_t)> each, const back_context& back,
                 std::function<void()> done);

/// Runs `each(context, n)` on the thread of each context, and then `done` on `back`.
void visit_contexts(std::span<boost::asio::io_context* const> contexts,
                    std::function<void(boost::asio::io_context&, std::size_t)> each, const back_context& back,
                    std::function<void()> done);

} // namespace audiosocket::app
