// SPDX-License-Identifier: Apache-2.0
#include "base/statistics_json.hpp"

#include "base/json_text.hpp"

namespace audiosocket::app {
namespace {

double milliseconds(std::chrono::microseconds d) {
    return rounded(static_cast<double>(d.count()) / 1000);
}

} // namespace

boost::json::object to_json(const call_statistics& s) {
    return {
        {"bytes_received", s.bytes_received},
        {"frames_received", s.frames_received},
        {"samples_received", s.samples_received},
        {"digits_received", s.digits_received},
        {"frames_dropped", s.frames_dropped},
        {"frames_above_rate", s.frames_above_rate},
        {"digits_dropped", s.digits_dropped},
        {"arrival_jitter_ms", milliseconds(s.arrival_jitter)},
        {"arrival_gap_max_ms", milliseconds(s.arrival_gap_max)},
        {"bytes_sent", s.bytes_sent},
        {"frames_sent", s.frames_sent},
        {"silence_frames_sent", s.silence_frames_sent},
        {"underruns", s.underruns},
        {"late_frames", s.late_frames},
        {"skipped_frames", s.skipped_frames},
        {"left_out_ms", s.left_out_ms},
        {"lateness_max_ms", milliseconds(s.lateness_max)},
        {"stalled_sends", s.stalled_sends},
        {"empty_audio", s.empty_audio},
        {"odd_audio", s.odd_audio},
        {"bad_digits", s.bad_digits},
        {"unknown_kinds", s.unknown_kinds},
        {"kind_changes", s.kind_changes},
        {"split_headers", s.split_headers},
        {"fragments", s.fragments},
        {"message_pause_max_ms", milliseconds(s.message_pause_max)},
    };
}

} // namespace audiosocket::app
