// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "call/receive_queue.hpp"

#include <audiosocket/audio/resampler.hpp>

#include <cstdint>
#include <span>
#include <vector>

namespace audiosocket {

/// Converts audio of other rates to the rate that the application gets, and puts it into the receive queue.
///
/// Audio of one rate without a break is a stream. A resampler holds back the last few milliseconds, which follow at the
/// end of the stream, before audio of another rate. Pieces of less than a millisecond are gathered first, because a
/// resampler moves its whole memory for each piece (1.2 us at 192 kHz).
class rate_converter {
  public:
    rate_converter(int rate_out_hz, receive_queue& to) : rate_out_hz_(rate_out_hz), to_(to) {}

    /// Returns what convert() of this many samples would cost, as work_budget counts it.
    std::uint64_t work(std::size_t samples, int rate_hz) const noexcept;

    /// Converts samples of another rate than the application's, and queues those that are ready.
    void convert(std::span<const std::int16_t> samples, int rate_hz);

    /// Ends the stream, if there is one.
    void finish_stream();

  private:
    void process(std::span<const std::int16_t> samples);
    bool has_filter(int rate_hz) const noexcept;
    resampler& filter(int rate_hz);

    const int rate_out_hz_;
    int stream_rate_hz_ = 0; // 0: there is no stream
    receive_queue& to_;

    // One for each rate so far, because a filter is expensive to make and a peer may alternate between kinds.
    std::vector<resampler> filters_;
    std::vector<std::int16_t> gathered_; // less than a millisecond of the stream
    std::vector<std::int16_t> converted_;
};

} // namespace audiosocket
