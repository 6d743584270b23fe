// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "sim/gateway/numbering.hpp"
#include "sim/world/world.hpp"

#include <audiosocket/protocol/uuid.hpp>

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace audiosocket::sim {

/// What back ends say in a call: samples that are numbered for all of them together, and what of it the caller need not
/// hear.
struct said {
    /// The numbers begin with `first_number`, of what the caller says as well.
    said(const numbering& how, std::uint64_t first_number)
        : samples(how), first(first_number), next(first), heard_to(first), lost_to(first) {}

    numbering samples;
    std::uint64_t first;           ///< The number of the first sample.
    std::uint64_t next;            ///< The number of the next sample.
    std::uint64_t may_skip_to = 0; ///< Samples before this were cut off, or were lost with their back end.
    std::uint64_t cleared_to = 0;  ///< Samples before this must not be heard any more ...
    nanoseconds cleared_from{};    ///< ... from this time on.
    std::uint64_t heard_to;        ///< Of what the caller says: the number behind the last sample that a back end got.
    std::uint64_t trace = 0;       ///< Of what the caller and back ends got, and when.
    std::uint64_t lost_to;         ///< Samples before this were said by back ends that have been lost.

    void note(nanoseconds at, std::uint64_t what) noexcept {
        trace = (trace ^ static_cast<std::uint64_t>(at.count()) ^ what << 48) * 0x9E3779B97F4A7C15U;
    }
};

/// Values of the gateway's own sounds.
constexpr std::int16_t waiting_sample = -1000;
constexpr std::int16_t failure_sample = -2000;

/// A caller, as Asterisk connects it: sends its id and numbered audio every 20 ms, and checks each message that the
/// gateway sends at the time when it is sent. Some callers send frames of all lengths.
class phone {
  public:
    phone(world& in, dice random, said& spoken)
        : world_(in), random_(random), said_(spoken), is_uneven_(random_.one_in(3)), talked_(spoken.first),
          heard_to_(spoken.first) {}
    phone(const phone&) = delete;
    phone& operator=(const phone&) = delete;

    /// Connects from this address and begins to talk.
    void call(const tcp_endpoint& from, std::uint16_t port, const uuid& id, const conditions& network);

    /// Ends the call: with a FIN, or with a reset.
    void hang_up(bool with_reset);

    /// Returns whether the call has ended, from either side.
    bool is_over() const noexcept { return hung_up_at_ || ended_at_; }
    std::optional<nanoseconds> over_at() const noexcept { return hung_up_at_ ? hung_up_at_ : ended_at_; }
    bool hung_up() const noexcept { return hung_up_at_.has_value(); }

    /// Returns when the caller has hung up with a FIN, if they have: all that they said arrives.
    std::optional<nanoseconds> hung_up_in_order_at() const noexcept {
        return was_in_order_ ? hung_up_at_ : std::nullopt;
    }

    /// Returns when the gateway has ended the call, if it has.
    std::optional<nanoseconds> ended_at() const noexcept { return ended_at_; }
    bool got_hangup() const noexcept { return got_hangup_; }

    /// Returns the number behind the last sample that was sent to the caller.
    std::uint64_t heard_to() const noexcept { return heard_to_; }

    /// Returns when the first frame was sent to the caller, if one was.
    std::optional<nanoseconds> began_at() const noexcept { return began_at_; }

    /// Returns when the sample before this number was sent to the caller.
    nanoseconds sent_at(std::uint64_t number) const;

    /// Returns the number behind the last sample of the caller.
    std::uint64_t talked() const noexcept { return talked_; }
    const std::string& digits() const noexcept { return digits_; }
    std::uint64_t failure_samples() const noexcept { return failure_samples_; }
    std::uint64_t waiting_samples() const noexcept { return waiting_samples_; }
    std::uint64_t frames() const noexcept { return frames_; }

  private:
    void talk();
    void look_at(std::span<const std::byte> message);
    void look_at_frame(std::span<const std::byte> payload);
    void hear(std::int16_t sample, std::int16_t behind);

    world& world_;
    dice random_;
    said& said_;
    remote* line_ = nullptr;
    const bool is_uneven_;
    std::uint64_t turns_ = 0;
    std::uint64_t talked_;
    std::string digits_;

    std::optional<nanoseconds> began_at_;
    std::optional<nanoseconds> last_at_;
    std::optional<nanoseconds> hung_up_at_;
    bool was_in_order_ = false;
    std::optional<nanoseconds> ended_at_;
    bool got_hangup_ = false;
    std::uint64_t frames_ = 0;
    std::uint64_t heard_to_;
    std::uint64_t failure_samples_ = 0;
    std::uint64_t waiting_samples_ = 0;
    struct moment {
        std::uint64_t heard_to;
        nanoseconds at;
    };
    std::vector<moment> moments_; // one for each frame with samples of a back end
};

} // namespace audiosocket::sim
