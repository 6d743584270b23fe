// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <audiosocket/call/event.hpp>
#include <audiosocket/protocol/message.hpp>

namespace audiosocket {

/// Observes the audio of both sides of a call, whether or not the application takes its events. Base of recorders and
/// meters.
///
/// The functions are called from within the session (for a `call`, on its executor). They must be quick, must not
/// throw, and must not call the session or the call. Views are valid only until the function returns. Times are on
/// audiosocket::clock for both sides, so that all monitors of a call see the same times.
class AUDIOSOCKET_EXPORT call_monitor {
  public:
    virtual ~call_monitor() = default;

    /// Called for each audio message of the peer as it arrived, before it is decoded. Does nothing by default.
    virtual void arrived([[maybe_unused]] const message& audio, [[maybe_unused]] time_point at) {}

    /// Called for audio of the peer: mono, decoded, at its own rate, with the time at which it was read. It is called
    /// up to a second after that time while the rate is not known (input_format::automatic).
    virtual void received(std::span<const std::int16_t> samples, int rate_hz, time_point at) = 0;

    /// Called for each frame that this side sends, silence included: mono, with the time at which its first sample was
    /// due.
    virtual void sent(std::span<const std::int16_t> samples, int rate_hz, time_point at) = 0;

  protected:
    call_monitor() = default;
    /// For derived classes that are values.
    call_monitor(const call_monitor&) = default;
    /// For derived classes that are values.
    call_monitor& operator=(const call_monitor&) = default;
};

} // namespace audiosocket
