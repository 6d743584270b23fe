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
    /// Everything is measured from here: the id has been sent.
    explicit arrivals(time_point start) : start_(start) {}

    void add(std::span<const std::int16_t> samples, int rate_hz, time_point at);

    /// Nothing more was to be expected from here on: a server that fell silent before has left a gap.
    void finish(time_point at);

    std::uint64_t frames() const noexcept { return frames_; }
    std::chrono::nanoseconds audio() const noexcept { return audio_; }
    std::optional<std::chrono::nanoseconds> first_frame() const noexcept { return first_frame_; }
    /// The first frame louder than sound_dbfs.
    std::optional<std::chrono::nanoseconds> first_sound() const noexcept { return first_sound_; }
    level loudness() const { return level_meter(level_).take(); }

    /// Times that a frame came later after the one before it than that one lasts, by more than a frame of Asterisk's;
    /// and the longest time between two frames of all.
    std::uint64_t gaps() const noexcept { return gaps_; }
    std::chrono::nanoseconds gap_max() const noexcept { return gap_max_; }

    /// How far a frame came from its time, seen from the frame before it; the share of frames below it is `quantile`.
    std::chrono::nanoseconds jitter(double quantile) const;

    /// Times that a phone (asterisk::phone_buffer) would have fallen silent.
    std::uint64_t underruns() const noexcept { return underruns_; }

    /// The most audio that came ahead of its time: Asterisk has no playout buffer and hands it to the phone at once.
    std::chrono::nanoseconds ahead_max() const noexcept { return ahead_max_; }

    static constexpr double sound_dbfs = -50; // above the hiss of a quiet line

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
    time_point phone_empty_at_{};             // when the phone's buffer will have been played
    std::uint64_t underruns_ = 0;
    std::chrono::nanoseconds ahead_max_{};
};

/// What a call to a server showed.
struct call_report {
    std::string server;
    uuid id;
    media_format format; ///< What the server sent.
    std::chrono::nanoseconds duration{};
    ended_event end;
    call_statistics counted;
    arrivals audio;

    time_point start;
    caller_identity who;
    std::vector<asterisk::reader> releases; ///< What each release of Asterisk made of it.
    std::optional<asterisk::reader> ruling; ///< The one that the caller was, if it was one.

    std::vector<diagnosis::finding> findings; ///< What is wrong with the audio and the framing.

    /// One thing about the server, and why it matters.
    struct remark {
        bool is_fault = false; ///< The caller hears nothing, or the wrong thing, with every release.
        std::string text;
    };

    /// What is wrong with the server's side of the call whatever the release, then what is merely not good.
    std::vector<remark> remarks() const;

    /// What the releases made of it; with a ruling, what that one release made of it.
    caller::verdict verdict() const;

    /// Whether there is a fault, or the call ended early: the exit code.
    bool is_good() const;
};

/// For people: a few lines.
std::string to_text(const call_report& report);

boost::json::object to_json(const call_report& report);

} // namespace audiosocket::app::caller
