// SPDX-License-Identifier: Apache-2.0
// Checks whether the audio of a server is what its label says. All cases judge the same kind of call: the caller sends
// speech, and the server sends an echo or its own audio.

#include "check/conformance_case.hpp"
#include "check/test_audio.hpp"
#include "diagnosis/audio_judge.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <span>

namespace audiosocket::app::check {
namespace {

using diagnosis::code;
using diagnosis::finding;

// The longest time that a diagnosis takes: that of half of real time.
constexpr milliseconds long_enough{2900};

std::optional<finding> first_of(std::span<const code> codes, const std::vector<finding>& findings, bool strict) {
    for (const finding& f : findings)
        if (std::ranges::find(codes, f.code) != codes.end() && (strict || f.weight == diagnosis::severity::finding))
            return f;
    return std::nullopt;
}

// Throws if the server's audio has one of these findings. With `strict`, remarks count too.
std::string expect_none(const target& t, std::initializer_list<code> codes, bool strict = false) {
    need_audio(t);
    line l = place_call(t);
    l.send_audio(voice());
    diagnosis::audio_judge judge(diagnosis::sender::server);
    std::optional<finding> found;
    std::size_t judged = 0;
    l.pass(long_enough, [&] {
        for (; judged < l.received().size() && !found; ++judged) {
            const auto& m = l.received()[judged];
            if (is_audio(m.kind) && judge.add(m.kind, m.payload, m.whole.time_since_epoch()))
                found = first_of(codes, judge.findings(), strict);
        }
        return found || !l.open();
    });
    if (found) throw mismatch(to_text(*found));
    expect(l.open(), "the server closed the call of a caller who talks");
    return fmt::format("{} messages", l.frames());
}

std::string samples_of_16_bits(const target& t) {
    return expect_none(t, {code::g711_as_slin, code::codec_as_slin, code::noise});
}

std::string byte_order(const target& t) {
    return expect_none(t, {code::byte_order});
}

std::string rate_of_label(const target& t) {
    return expect_none(t, {code::wrong_rate});
}

std::string no_file_header(const target& t) {
    return expect_none(t, {code::file_header}, t.strict);
}

std::string no_bursts(const target& t) {
    return expect_none(t, {code::burst});
}

} // namespace

std::vector<conformance_case> sound_cases() {
    using enum group;
    return {
        {54, sound, "samples of 16 bits", "no G.711, no other codec, no compressed data",
         "a TTS engine set to mu-law or MP3 is full-scale noise on the phone", samples_of_16_bits},
        {55, sound, "byte order", "little endian samples, none of them cut in two",
         "network byte order, or an extra byte in front, is full-scale noise on the phone", byte_order},
        {56, sound, "the rate of the label", "as many samples a second as the kind says",
         "16 kHz labelled slin (0x10) is heard at half the speed", rate_of_label},
        {57, sound, "no header of a file", "strict: samples only",
         "the 44 bytes in front of a WAV file are a click; with an MP3 file all of the audio is wrong", no_file_header,
         true},
        {58, sound, "no bursts", "20 ms of audio every 20 ms, not 500 ms every 500 ms",
         "there is no playout buffer in Asterisk here: a phone keeps about 40 ms of a burst", no_bursts},
    };
}

} // namespace audiosocket::app::check
