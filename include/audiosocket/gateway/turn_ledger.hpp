// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <audiosocket/call/call_monitor.hpp>
#include <audiosocket/export.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <optional>

namespace audiosocket::gateway {

/// A turn of a conversation: the caller has spoken, and the back end answers.
struct turn {
    time_point caller_silent; ///< When the caller's last sound before the answer ended.
    time_point answered;      ///< When the first audio of the answer arrived from the back end.
    time_point heard;         ///< When the first sound of the answer was sent to the caller.

    /// How long the network takes to the back end and back, by its pings; nothing if not known.
    std::optional<clock::duration> round_trip{};

    /// Returns the part of the network: the caller's last sound to the back end, and the answer back. Nothing if not
    /// known.
    std::optional<clock::duration> network_time() const noexcept {
        return round_trip ? std::optional(std::min(*round_trip, answered - caller_silent)) : std::nullopt;
    }
    /// Returns how long the back end took, including the network if network_time() is not known.
    clock::duration back_end_time() const noexcept {
        return answered - caller_silent - network_time().value_or(clock::duration());
    }
    /// Returns how long the answer waited in the playout queue of the call.
    clock::duration queue_time() const noexcept { return heard - answered; }
    /// Returns how long the caller waited.
    clock::duration total_time() const noexcept { return heard - caller_silent; }
};

/// Measures how long a caller waits for an answer. It is a monitor of the call. Call answered() for audio of the back
/// end. It has no clock: times are those of the monitor. Not thread-safe.
///
/// Sound of the caller is speech if it is 10 dB above the noise and louder than -50 dBFS. Speech of less than 60 ms
/// counts as a click. An answer while the caller is still speaking is not part of a turn.
class AUDIOSOCKET_EXPORT turn_ledger final : public call_monitor {
  public:
    void received(std::span<const std::int16_t> samples, int rate_hz, time_point at) override;
    void sent(std::span<const std::int16_t> samples, int rate_hz, time_point at) override;

    /// Takes note that audio of the back end has arrived. `round_trip` is the time of the network to it and back, if
    /// known.
    void answered(time_point now, std::optional<clock::duration> round_trip = std::nullopt) noexcept;

    /// Returns whether the caller is speaking: has spoken within the last 40 ms.
    bool caller_speaks(time_point now) const noexcept;

    /// Returns the turn that was completed since the last call of take_turn(), or nothing.
    std::optional<turn> take_turn() noexcept;

  private:
    void add_slot(double power, time_point end) noexcept;

    // Sound is judged by slots of 20 ms.
    double slot_power_ = 0;
    std::size_t slot_samples_ = 0;
    double noise_power_ = 0; // a slow minimum
    clock::duration spoken_{};
    std::optional<time_point> last_speech_;
    bool may_begin_ = false; // the caller has spoken since the last answer
    std::optional<turn> answering_;
    std::optional<turn> complete_;
};

} // namespace audiosocket::gateway
