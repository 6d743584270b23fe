#pragma once

#include <audiosocket/call/call_tally.hpp>
#include <audiosocket/export.hpp>

#include <boost/asio/io_context.hpp>

namespace audiosocket {

/// What the calls of one io_context have counted together since its first, those that are over included.
struct engine_statistics {
    call_tally calls;

    /// How late the thread was woken for each of the ticks in which calls have their turns. What is late here is late
    /// for all calls of the thread: it has too much to do, or the machine has.
    duration_histogram tick_lateness;
};

/// Those of this io_context. Only on its thread, or while nobody runs it; valid as long as it is.
AUDIOSOCKET_EXPORT const engine_statistics& statistics_of(boost::asio::io_context& io);

} // namespace audiosocket
