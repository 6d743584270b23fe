// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <audiosocket/call/duration_histogram.hpp>

namespace audiosocket {

/// What many calls count together, beside the call_statistics that each has of its own: distributions. It belongs to
/// one thread, as they do, so counting takes no lock.
struct call_tally {
    /// How late each audio message of ours went out, as call_statistics::late_frames understands it; early is zero.
    duration_histogram frame_lateness;

    /// By how much the time between two audio messages of a peer differed from what the first of them lasts. As a call
    /// over TCP is read up to a millisecond after its bytes have come, it also has what a message waited to be read.
    duration_histogram arrival_deviation;
};

} // namespace audiosocket
