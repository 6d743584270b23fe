// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "call/placed_call.hpp"
#include "call/verdict.hpp"
#include "diagnosis/finding.hpp"

#include <audiosocket/audio/level_meter.hpp>
#include <audiosocket/call/call_monitor.hpp>
#include <audiosocket/call/call_statistics.hpp>
#include <audiosocket/call/event.hpp>
#include <audiosocket/call/media_format.hpp>

#include <boost/json/object.hpp>

#include <optional>
#include <string>
#include <vector>

namespace audiosocket::app::caller {

/// How the audio of a server arrived, frame by frame.
class arrivals {
  public:
    /// Times are measured from `start`, when the id was sent.
    explicit arrivals(time_point start) : start_(start) {}

    void add(std::span<const std::int16_t> samples, int rate_hz, time_point at);

    /// Called when no more audio is expected: a server that fell silent before has left a gap.
    void finish(time_point at);

    std::uint64_t frames() const noexcept { return frames_; }
    std::chrono::nanoseconds audio() const noexcept { return audio_; }
    std::optional<std::chrono::nanoseconds> first_frame() const noexcept { return first_frame_; }
    /// Returns when the first frame louder than sound_dbfs arrived.
    std::optional<std::chrono::nanoseconds> first_sound() const noexcept { return first_sound_; }
    level loudness() const { return level_meter(level_).take(); }

    /// Return how many frames came late: more than a frame of Asterisk later than the end of the frame before; and the
    /// longest time between two frames.
    std::uint64_t gaps() const noexcept { return gaps_; }
    std::chrono::nanoseconds gap_max() const noexcept { return gap_max_; }

    /// Returns how early or late frames came, measured from the frame before; the share `quantile` of all frames is
    /// below it.
    std::chrono::nanoseconds jitter(double quantile) const;

    /// Returns how often a phone (asterisk::phone_buffer) would have fallen silent.
    std::uint64_t underruns() const noexcept { return underruns_; }

    /// Returns the most audio that came ahead of its time: Asterisk has no playout buffer and passes it on at once.
    std::chrono::nanoseconds ahead_max() const noexcept { return ahead_max_; }

    static constexpr double sound_dbfs = -50; // above the noise of a quiet line

  private:
    time_point start_;
    std::uint64_t frames_ = 0;
    std::chrono::nanoseconds audio_{};
    std::optional<std::chrono::nanoseconds> first_frame_;
    std::optional<std::chrono::nanoseconds> first_sound_;
    level_meter level_;
    time_point last_at_{};
    std::chrono::nanoseconds last_duration_{};
    std::uint64_t gaps_ = 0;
    std::chrono::nanoseconds gap_max_{};
    std::vector<std::int64_t> deviations_ns_; // bounded, see add()
    time_point phone_empty_at_{};             // when the phone will have played its buffer
    std::uint64_t underruns_ = 0;
    std::chrono::nanoseconds ahead_max_{};
};

/// The results of a call to a server.
struct call_report {
    std::string server;
    uuid id;
    media_format format; ///< The format that the server sent.
    std::chrono::nanoseconds duration{};
    ended_event end;
    call_statistics counted;
    arrivals audio;

    time_point start;
    caller_identity who;
    std::vector<asterisk::reader> releases; ///< What each release of Asterisk did in this call.
    std::optional<asterisk::reader> ruling; ///< The release of --as, if given.

    std::vector<diagnosis::finding> findings; ///< Faults of the audio and the framing.

    /// A remark on the server, and why it matters.
    struct remark {
        bool is_fault = false; ///< The caller hears nothing, or the wrong thing, with every release.
        std::string text;
    };

    /// Returns the faults that do not depend on the release, then the weaknesses.
    std::vector<remark> remarks() const;

    /// Returns the verdict of all releases; with `ruling`, of that release only.
    caller::verdict verdict() const;

    /// Returns whether there is no fault, and the call did not end early: the exit code.
    bool is_good() const;
};

/// Returns the report for people: a few lines.
std::string to_text(const call_report& report);

boost::json::object to_json(const call_report& report);

} // namespace audiosocket::app::caller
