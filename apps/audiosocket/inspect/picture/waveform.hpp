// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

namespace audiosocket::app::inspect {

/// The outline of a sound of any length in bounded memory: for each channel the lowest and highest sample of equal
/// stretches. A stretch starts as one frame and doubles whenever the store is full. So a long sound always has between
/// 2048 and 4096 stretches, more than a picture has columns.
class waveform {
  public:
    struct extent {
        std::int16_t low = 0;
        std::int16_t high = 0;

        bool operator==(const extent&) const = default;
    };

    static constexpr std::size_t stretches_max = 4096;

    /// Throws std::invalid_argument unless both are positive.
    waveform(int rate_hz, int channels);

    /// Adds frames: one sample for each channel in turn. An incomplete frame at the end is ignored.
    void add(std::span<const std::int16_t> interleaved);

    int channels() const noexcept { return static_cast<int>(channels_); }
    std::chrono::nanoseconds duration() const noexcept;
    double seconds() const noexcept { return std::chrono::duration<double>(duration()).count(); }

    /// Returns the whole sound of one channel in `count` columns. A stretch on the border of two columns counts in
    /// both.
    std::vector<extent> columns(int channel, int count) const;

  private:
    void halve();

    std::size_t channels_;
    int rate_hz_;
    std::uint64_t frames_ = 0;
    std::uint64_t stretch_frames_ = 1;
    std::vector<extent> stretches_; // channels_ each; the last may not be complete
};

/// Returns the step for the marks of a time axis: 1, 2 or 5 times a power of ten, the smallest with at most `steps_max`
/// steps. 1 if the total is zero.
double time_axis_step(double total_s, int steps_max);

/// Returns the title of a channel; empty if there is none.
std::string title_at(std::span<const std::string> titles, int channel);

/// Returns the waveform in braille characters, each with two columns of four dots, for a terminal. For each channel:
/// its title, if any, and `rows` lines of `width` characters. The last line has the time in seconds.
std::string draw_text(const waveform& wave, std::span<const std::string> titles, int width, int rows);

/// Returns the waveform as an SVG picture, 960 wide and 120 high for each channel, some kB: one lane for each channel
/// with its title, if any, above an axis in seconds. Neutral colours, light or dark as the viewer prefers.
std::string draw_svg(const waveform& wave, std::span<const std::string> titles);

} // namespace audiosocket::app::inspect
