// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "options.hpp"

#include <audiosocket/audio/resampler.hpp>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

namespace audiosocket::c {

/// The received audio of a call until the application reads it: bounded, at the rate that the application wants.
/// Drops the oldest samples beyond the bound. Not safe for use from several threads at once.
class received_audio {
  public:
    /// Holds at most `bound` of audio, and never less than two events.
    received_audio(const audio_options& how, std::chrono::milliseconds bound);

    /// Changes how audio is read from now on. What was not read is converted. Returns whether the application is to be
    /// notified now.
    bool set(const audio_options& how);

    /// Adds samples. Returns whether the application is to be notified now.
    bool add(std::span<const std::int16_t> samples, int rate_hz);

    /// Copies the oldest samples and removes them. Returns their number.
    std::size_t read(std::span<std::int16_t> to);

    /// Returns how many samples wait.
    std::size_t available() const noexcept { return samples_.size() - first_; }

    /// Returns the rate of what read() gives, in Hz; 0 while it is not known.
    int rate_hz() const noexcept { return rate_hz_; }

    /// Returns how many samples were added, those that were lost included.
    std::uint64_t added() const noexcept { return added_; }

    /// Returns how many samples were dropped before they were read.
    std::uint64_t lost() const noexcept { return lost_; }

  private:
    std::size_t samples_of(std::chrono::milliseconds time) const noexcept;
    bool is_event_due();
    void append(std::span<const std::int16_t> samples, int rate_hz);
    void drop_oldest();

    audio_options how_;
    std::chrono::milliseconds bound_;
    int rate_hz_ = 0;    // of samples_
    int in_rate_hz_ = 0; // of what arrived last
    std::optional<resampler> converter_;
    std::vector<std::int16_t> samples_; // from first_ on they wait
    std::size_t first_ = 0;
    bool notified_ = false; // and the application has not read enough since
    std::uint64_t added_ = 0;
    std::uint64_t lost_ = 0;
};

} // namespace audiosocket::c
