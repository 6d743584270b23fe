// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <audiosocket/call/event.hpp>
#include <audiosocket/export.hpp>

#include <array>
#include <cstddef>
#include <optional>

namespace audiosocket::gateway {

/// Estimates how long the network takes to a back end and back, from the pings that the back end answers.
///
/// The estimate is the shortest time of the last eight answers, as in RFC 5905 section 10. A busy back end answers
/// late, and an average would take that for a slow network. No answer is faster than the network.
class AUDIOSOCKET_EXPORT round_trip {
  public:
    /// How many answers the estimate uses.
    static constexpr std::size_t remembered = 8;

    /// Answers that take longer are not used for the estimate: the longest paths, by satellite, take 0.6 s. Some
    /// services answer pings after 8 to 30 s.
    static constexpr std::chrono::seconds network_max{1};

    /// Takes note that the back end answered a ping after this time.
    void answered(clock::duration took) noexcept;

    /// Forgets the estimate, because another connection may have another network path.
    void forget() noexcept;

    /// Returns the estimate, or nothing if no answer came within network_max.
    std::optional<clock::duration> network() const noexcept { return network_; }

    /// Returns the time of the slowest answer of all connections, or nothing if none came. If it is far above
    /// network(), the back end was busy.
    std::optional<clock::duration> slowest() const noexcept { return slowest_; }

  private:
    std::array<clock::duration, remembered> last_{};
    std::size_t count_ = 0; // answers of this connection
    std::optional<clock::duration> network_;
    std::optional<clock::duration> slowest_;
};

} // namespace audiosocket::gateway
