#pragma once

#include "call/receive_queue.hpp"

#include <audiosocket/audio/encoding_detector.hpp>
#include <audiosocket/audio/resampler.hpp>
#include <audiosocket/call/call_monitor.hpp>
#include <audiosocket/call/call_options.hpp>
#include <audiosocket/protocol/message.hpp>

#include <array>
#include <optional>

namespace audiosocket {

/// Turns audio messages into samples for the program: finds out what they really contain, decodes them, brings them to
/// one rate, and keeps the arrival statistics.
class reception {
  public:
    reception(const call_options& options, call_statistics& counters, receive_queue& to)
        : options_(options), counters_(counters), to_(to) {}

    /// Takes one audio message. Returns whether it was the first with audio in it, which tells the call's format.
    bool take(const message& audio, time_point now, call_monitor* monitor);

    /// What arrives, as far as is known.
    media_format format() const noexcept { return format_; }

  private:
    encoding encoding_of(const message& audio);
    void count_arrival(std::size_t samples, int rate_hz, time_point now);
    void hand_over(std::span<const std::int16_t> samples, kind k);
    void finish_stream(kind k);
    resampler& converter(kind k);

    const call_options options_;
    call_statistics& counters_;
    receive_queue& to_;

    media_format format_;
    bool known_ = false; // audio has arrived, and format_ is what it is
    int rate_out_hz_ = 0;
    encoding_detector detector_;
    std::vector<std::int16_t> decoded_;

    // To rate_out_hz_, one for each kind that has come: a resampler is dear to make, and nothing stops a peer from
    // alternating kinds.
    std::array<std::optional<resampler>, slin_rates_hz.size()> converters_;
    std::vector<std::int16_t> converted_;

    time_point last_arrival_{};
    std::chrono::nanoseconds last_duration_{};
    double jitter_us_ = 0;
};

} // namespace audiosocket
