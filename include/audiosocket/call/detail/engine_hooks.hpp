// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <audiosocket/call/call_tally.hpp>
#include <audiosocket/call/session.hpp>

#include <chrono>

namespace audiosocket::detail {

/// What the library's own transports need from a session beyond its public functions. Not part of the public API: it
/// may change in any release.
class AUDIOSOCKET_EXPORT engine_hooks {
  public:
    /// Counts a message that the network did not take whole at once (call_statistics::stalled_sends).
    static void transmit_stalled(session& s) noexcept;

    /// Returns when our next frame is due, or time_point::max() while there is none to send. It may be in the past: a
    /// frame waits up to 15 ms for late audio in the middle of what is played.
    static time_point frame_time(const session& s) noexcept;

    /// Moves the due times of all later frames by this much (earlier if negative), in steps of 1 ms a frame. A
    /// transport that reads only when a frame is due uses this so that the peer's audio has just arrived then.
    static void shift_frames(session& s, std::chrono::nanoseconds by) noexcept;

    /// Leaves out the oldest samples that wait to be played, up to this much of them. Stops at a clip or a mark,
    /// because the application wants those played whole. Counts what it leaves out (call_statistics::left_out_ms).
    static void leave_out(session& s, std::chrono::nanoseconds most);

    /// Returns when the session ends by a timeout if nothing arrives. The send timeout is not included.
    static time_point patience_ends(const session& s) noexcept;

    /// Returns whether the call is ending or has ended. The application can do nothing more with it.
    static bool ending(const session& s) noexcept;

    /// Returns the same as session::queued(), but rounded up: if it is below the bound, the queue takes more.
    static std::chrono::milliseconds queued_at_most(const session& s) noexcept;

    /// Sets a tally in which the session also counts; null removes it. It must outlive the session, or be replaced
    /// before it is destroyed.
    static void set_tally(session& s, call_tally* tally) noexcept;
};

} // namespace audiosocket::detail
