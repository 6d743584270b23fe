// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <audiosocket/call/call_tally.hpp>
#include <audiosocket/export.hpp>

#include <boost/asio/io_context.hpp>

#include <cstdint>

namespace audiosocket {

/// Distributions over all calls of one io_context since its first call, including calls that have ended.
struct engine_statistics {
    /// The sums over all calls.
    call_tally calls;

    /// How late the thread woke for each tick, in which calls have their turns. A late tick delays all calls of the
    /// thread. It means that the thread or the machine has too much work.
    duration_histogram tick_lateness;

    /// How long received bytes waited in this machine until they were read, by the time stamps of the kernel. It is the
    /// delay of audio, digits and hang-ups until the application gets them. One call in 32 is measured.
    duration_histogram arrival_wait;
};

/// Returns the statistics of this io_context. Call it on the thread of the io_context, or while no thread runs it.
/// Valid as long as the io_context.
AUDIOSOCKET_EXPORT const engine_statistics& statistics_of(boost::asio::io_context& io);

/// Returns how many turns the calls of this io_context have had so far. A call in progress has at least a turn for each
/// frame. So while calls are in progress, a growing number shows that the thread of the io_context works. Without calls
/// it does not grow. Safe from any thread, while the io_context exists.
AUDIOSOCKET_EXPORT std::uint64_t turns_taken(boost::asio::io_context& io);

} // namespace audiosocket
