// SPDX-License-Identifier: Apache-2.0
#include <audiosocket/call/call_options.hpp>

#include <audiosocket/audio/resampler.hpp>

#include <algorithm>
#include <array>
#include <stdexcept>
#include <string>

namespace audiosocket {
namespace {

using std::chrono::milliseconds;

// The lengths of frames in Asterisk's own formats. Each is an even number of bytes at all nine rates.
constexpr std::array ptimes{milliseconds{10}, milliseconds{20}, milliseconds{30}, milliseconds{40}, milliseconds{60}};

// Longer than any call, and so short that adding it to a time does not overflow.
constexpr milliseconds duration_max = std::chrono::hours{24 * 365};

// At most 200 frames. A caller who hears a longer silence thinks that the call is broken.
constexpr milliseconds hangup_silence_max{2000};

void refuse(const std::string& why) {
    throw std::invalid_argument("call_options: " + why);
}

void check_duration(const char* option, milliseconds value, milliseconds shortest) {
    if (value >= shortest && value <= duration_max) return;
    refuse(std::string(option) + " is " + std::to_string(value.count()) + " ms; it has to be between " +
           std::to_string(shortest.count()) + " ms and a year");
}

void check_send_format(const media_format& format) {
    if (!is_audio(format.kind)) refuse("send_format is not one of the audio kinds, slin to slin192");
    if (format.encoding != encoding::slin && format.kind != kind::slin)
        refuse("send_format is G.711 under " + std::string(name(format.kind)) + "; G.711 goes under slin");
}

void check_rate_max(const call_options& options) {
    const auto rate_max = "rate_max_hz is " + std::to_string(options.rate_max_hz);
    if (!slin_kind(options.rate_max_hz)) {
        std::string rates;
        for (const int rate_hz : slin_rates_hz)
            rates += (rates.empty() ? "" : ", ") + std::to_string(rate_hz);
        refuse(rate_max + "; it has to be one of " + rates);
    }
    if (options.send_format && options.send_format->rate_hz() > options.rate_max_hz)
        refuse(rate_max + ", and send_format is " + std::string(name(*options.send_format)));
    if (const auto input = format_of(options.input); input && input->rate_hz() > options.rate_max_hz)
        refuse(rate_max + ", and input is " + std::string(name(*input)) + ": all audio would be dropped");
}

} // namespace

void validate(const call_options& options) {
    if (std::ranges::find(ptimes, options.ptime) == ptimes.end())
        refuse("ptime is " + std::to_string(options.ptime.count()) + " ms; it has to be 10, 20, 30, 40 or 60 ms");
    if (options.send_format) check_send_format(*options.send_format);
    check_rate_max(options);
    if (options.receive_rate_hz != 0 &&
        (options.receive_rate_hz < resampler::rate_hz_min || options.receive_rate_hz > resampler::rate_hz_max))
        refuse("receive_rate_hz is " + std::to_string(options.receive_rate_hz) +
               "; it has to be 0 (the peer's rate) or between " + std::to_string(resampler::rate_hz_min) + " and " +
               std::to_string(resampler::rate_hz_max));
    if (options.catch_up_frames < 1)
        refuse("catch_up_frames is " + std::to_string(options.catch_up_frames) +
               "; it has to be at least 1, the frame that is due");
    check_duration("id_timeout", options.id_timeout, milliseconds{1});
    check_duration("message_timeout", options.message_timeout, milliseconds{1});
    check_duration("idle_timeout", options.idle_timeout, milliseconds{0});
    check_duration("send_timeout", options.send_timeout, milliseconds{1});
    check_duration("hangup_timeout", options.hangup_timeout, milliseconds{0});
    check_duration("hangup_silence", options.hangup_silence, milliseconds{0});
    if (options.hangup_silence > hangup_silence_max)
        refuse("hangup_silence is " + std::to_string(options.hangup_silence.count()) + " ms; at most " +
               std::to_string(hangup_silence_max.count()) + " ms");
    check_duration("receive_queue", options.receive_queue, milliseconds{0});
    check_duration("playout_queue", options.playout_queue, milliseconds{0});
}

} // namespace audiosocket
