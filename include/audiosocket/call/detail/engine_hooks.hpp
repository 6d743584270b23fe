// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <audiosocket/call/call_tally.hpp>
#include <audiosocket/call/session.hpp>

#include <chrono>

namespace audiosocket::detail {

/// What the library's own transports need from a session beyond its contract. Not part of the public API: it may change
/// in any release.
class AUDIOSOCKET_EXPORT engine_hooks {
  public:
    /// Counts a message that the network did not take whole at once (call_statistics::stalled_sends).
    static void transmit_stalled(session& s) noexcept;

    /// Returns when our next frame belongs; time_point::max() while there is none to send. It may be in the past: a
    /// frame waits up to 15 ms for audio that is late in the middle of what is played.
    static time_point frame_time(const session& s) noexcept;

    /// Makes all frames to come due this much later, or earlier if negative; they move there by 1 ms a frame. A
    /// transport that reads only when a frame is due so finds there what the peer has just sent.
    static void shift_frames(session& s, std::chrono::nanoseconds by) noexcept;

    /// Leaves out the oldest samples that wait to be played, up to so much of them. Stops at a clip and at a mark,
    /// which an application queued to be played whole. Counts them (call_statistics::left_out_ms).
    static void leave_out(session& s, std::chrono::nanoseconds most);

    /// Returns when the session gives up on its peer if nothing arrives: a timeout of any kind but that for sending.
    static time_point patience_ends(const session& s) noexcept;

    /// Returns whether the call is ending or has ended: the application can do nothing any more.
    static bool ending(const session& s) noexcept;

    /// Returns what session::queued() does, rounded up: with that much less than the bound, the queue takes more.
    static std::chrono::milliseconds queued_at_most(const session& s) noexcept;

    /// Counts in this tally as well; null to stop. It must live as long as the session or until replaced.
    static void set_tally(session& s, call_tally* tally) noexcept;
};

} // namespace audiosocket::detail
