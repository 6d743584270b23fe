// SPDX-License-Identifier: Apache-2.0
#include "check/frame_rate.hpp"

#include <audiosocket/asterisk/limits.hpp>
#include <audiosocket/audio/duration.hpp>

namespace audiosocket::app::check {

// Counts complete frames only: from the start of one frame to the start of another.
std::optional<measured_rate> rate_of_frames(std::span<const received_message> received) {
    const received_message* first = nullptr;
    const received_message* last = nullptr;
    nanoseconds audio{}; // of all messages except the last
    nanoseconds stalls{};
    nanoseconds sent_late{}; // an upper bound
    for (const received_message& m : received) {
        if (!is_audio(m.kind)) continue;
        if (last) {
            const nanoseconds length = duration_of(last->payload.size() / 2, rate_hz(last->kind));
            audio += length;
            if (m.whole - last->whole > caught_up_max) {
                stalls += m.whole - last->whole - length;
                sent_late += asterisk::ahead_max;
            }
        }
        if (!first) first = &m;
        last = &m;
    }
    if (!last || last->whole <= first->whole) return std::nullopt;
    const nanoseconds time = last->whole - first->whole;
    const auto a_second = [](nanoseconds sum, nanoseconds in) {
        return static_cast<double>(sum.count()) / static_cast<double>(in.count()) * 1000 /
               static_cast<double>(asterisk::frame_time.count());
    };
    const nanoseconds running = time - stalls;
    return measured_rate{a_second(audio, time), a_second(audio - sent_late, running), a_second(audio, running), time};
}

} // namespace audiosocket::app::check
