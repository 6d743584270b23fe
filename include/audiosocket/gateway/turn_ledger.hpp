// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <audiosocket/call/call_monitor.hpp>
#include <audiosocket/export.hpp>

#include <cstddef>
#include <cstdint>
#include <optional>

namespace audiosocket::gateway {

/// One turn of a conversation: the caller has spoken, and the back end answers.
struct turn {
    time_point caller_silent; ///< The end of the caller's last sound before the answer.
    time_point answered;      ///< The first audio of the answer arrived from the back end.
    time_point heard;         ///< The first sound of the answer was sent to the caller.

    /// What the back end and the network to it took.
    clock::duration back_end_time() const noexcept { return answered - caller_silent; }
    /// What the answer waited in the queue of the call.
    clock::duration queue_time() const noexcept { return heard - answered; }
    /// What the caller waited.
    clock::duration total_time() const noexcept { return heard - caller_silent; }
};

/// Measures how long callers wait for an answer. A monitor of the call; answered() reports audio of the back end to
/// it. No clock: times are those of the monitor.
///
/// Sound of the caller is speech if it is 10 dB above the noise and louder than -50 dBFS. Speech of less than 60 ms is
/// taken for a click. An answer while the caller is still speaking belongs to no turn.
class AUDIOSOCKET_EXPORT turn_ledger final : public call_monitor {
  public:
    void received(std::span<const std::int16_t> samples, int rate_hz, time_point at) override;
    void sent(std::span<const std::int16_t> samples, int rate_hz, time_point at) override;

    /// Audio of the back end has arrived.
    void answered(time_point now) noexcept;

    /// Whether the caller is speaking: has spoken within the last 40 ms.
    bool caller_speaks(time_point now) const noexcept;

    /// Returns the turn that is complete since the last call; nothing if none is.
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
