// SPDX-License-Identifier: Apache-2.0
#include "inspect/pacing_watch.hpp"

#include <audiosocket/asterisk/limits.hpp>

#include <algorithm>

namespace audiosocket::app::inspect {
namespace {

std::int64_t in_ms(std::chrono::nanoseconds d) {
    return std::chrono::round<std::chrono::milliseconds>(d).count();
}

} // namespace

void pacing_watch::audio_arrived(place where, std::chrono::nanoseconds duration, remark_list& remarks) {
    if (over_) return;
    if (!audio_received_ && id_at_ && where.at - *id_at_ > asterisk::first_audio_max)
        remarks.add(fault::late_first_audio, where, in_ms(where.at - *id_at_));
    audio_received_ = true;
    note_gap(where, remarks);

    last_at_ = where.at;
    last_duration_ = duration;
}

void pacing_watch::ended(place where, bool server_seen, remark_list& remarks) {
    if (over_) return;
    over_ = true;
    note_gap(where, remarks);
    if (!audio_received_ && server_seen && id_at_ && where.at - *id_at_ > asterisk::first_audio_max)
        remarks.add(fault::no_audio, where);
}

void pacing_watch::note_gap(place where, remark_list& remarks) {
    if (!last_at_) return;
    const auto gap = where.at - *last_at_;
    if (gap > std::max<std::chrono::nanoseconds>(asterisk::gap_max, last_duration_ + asterisk::gap_max / 2))
        remarks.add(fault::audio_gap, where, in_ms(gap));
}

} // namespace audiosocket::app::inspect
