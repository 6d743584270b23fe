// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <audiosocket/call/event.hpp>
#include <audiosocket/protocol/message.hpp>

namespace audiosocket {

/// Hears both sides of a call as they pass, whatever the application does with its events: for recordings and meters.
///
/// Called from within the session (for a `call`, on its executor), so it must be quick, must not throw, and must not
/// call back. The views are valid only until the function returns. Times are moments on audiosocket::clock, for both
/// sides: call_recorder, which is a call_monitor, and any other one see the same ones.
class AUDIOSOCKET_EXPORT call_monitor {
  public:
    virtual ~call_monitor() = default;

    /// Called for each audio message of the peer as it came, before it is decoded. Does nothing by default.
    virtual void arrived([[maybe_unused]] const message& audio, [[maybe_unused]] time_point at) {}

    /// Called for audio of the peer: mono, decoded, at its own rate, with the time at which it was read. It may come up
    /// to a second later than it was read, while its rate is not known (input_format::automatic).
    virtual void received(std::span<const std::int16_t> samples, int rate_hz, time_point at) = 0;

    /// Called for a frame that we send (silence included): mono, with the time at which its first sample was due.
    virtual void sent(std::span<const std::int16_t> samples, int rate_hz, time_point at) = 0;

  protected:
    call_monitor() = default;
    /// For derived classes that are values.
    call_monitor(const call_monitor&) = default;
    /// For derived classes that are values.
    call_monitor& operator=(const call_monitor&) = default;
};

} // namespace audiosocket
