// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <audiosocket/call/duration_histogram.hpp>

namespace audiosocket {

/// Distributions that many calls share, beside the call_statistics of each call. All calls of a tally are on one
/// thread, so counting takes no lock.
struct call_tally {
    /// How late each audio message that we sent was, counted as for call_statistics::late_frames. Early counts as zero.
    duration_histogram frame_lateness;

    /// How much the time between two audio messages of a peer differed from the length of the first. A call over TCP is
    /// read up to a millisecond after its bytes have arrived; that wait is included.
    duration_histogram arrival_deviation;
};

} // namespace audiosocket
