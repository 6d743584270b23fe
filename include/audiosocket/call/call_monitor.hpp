// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <audiosocket/call/event.hpp>
#include <audiosocket/protocol/message.hpp>

namespace audiosocket {

/// Hears both sides of a call as they pass, whatever the application does with its events: for recordings and meters.
///
/// Called from within the session (for a `call`, on its I/O executor), so it must be quick, must not throw, and must
/// not call back. The views are valid only during the call.
class AUDIOSOCKET_EXPORT call_monitor {
  public:
    virtual ~call_monitor() = default;

    /// Called with each audio message of the peer as it came, before it is decoded. Does nothing by default.
    virtual void arrived([[maybe_unused]] const message& audio, [[maybe_unused]] time_point at) {}

    /// Audio of the peer, decoded, at its own rate, with the time of its arrival. It may come up to a second later than
    /// it arrived, while its rate is not known (input_format::automatic).
    virtual void received(std::span<const std::int16_t> samples, int rate_hz, time_point at) = 0;

    /// A frame that we send (silence included), with the time at which its first sample is due.
    virtual void sent(std::span<const std::int16_t> samples, int rate_hz, time_point at) = 0;

  protected:
    call_monitor() = default;
    /// For derived classes that are values.
    call_monitor(const call_monitor&) = default;
    /// For derived classes that are values.
    call_monitor& operator=(const call_monitor&) = default;
};

} // namespace audiosocket
