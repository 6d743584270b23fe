// SPDX-License-Identifier: Apache-2.0
// The texts of the audio judge. Every finding says what was seen, with figures, and what to do.

#include "diagnosis/audio_judge.hpp"

#include <audiosocket/asterisk/limits.hpp>

#include <fmt/format.h>

#include <cmath>

namespace audiosocket::app::diagnosis {
namespace {

using std::chrono::nanoseconds;

std::string_view name(sender from) {
    return from == sender::server ? "the server" : "the caller";
}

std::string_view law(encoding e) {
    return e == encoding::ulaw ? "mu-law (G.711)" : "A-law (G.711)";
}

std::int64_t in_ms(nanoseconds d) {
    return std::chrono::round<std::chrono::milliseconds>(d).count();
}

std::string kilohertz(int hz) {
    return fmt::format("{:g} kHz", hz / 1000.0);
}

// Returns "twice", "half of" or "3 times".
std::string times(double pace) {
    if (std::abs(pace - 2) < 0.1) return "twice";
    if (std::abs(pace - 0.5) < 0.03) return "half of";
    if (pace < 1) return fmt::format("{:.2g} times", pace);
    const double whole = std::round(pace);
    return fmt::format("{:g} times", std::abs(pace - whole) < 0.04 * pace ? whole : std::round(pace * 10) / 10);
}

constexpr std::string_view decode_first = "decode it to signed 16-bit little endian PCM before it is sent";
constexpr std::string_view dial_slin = "dial with c(slin), so that Asterisk sends 16-bit samples";

} // namespace

finding audio_judge::describe_g711() const {
    const auto text =
        fmt::format("{} sends {} labelled slin, {} bytes a message", name(from_), law(*g711_), message_bytes_);
    if (from_ == sender::caller)
        return {code::g711_as_slin, severity::remark, text + ", as Dial(AudioSocket/...) without c(...) does",
                fmt::format("{}, or decode it: --input-format {}", dial_slin, audiosocket::name(*g711_))};
    return {code::g711_as_slin, severity::finding, text + ": the phone plays noise", std::string(decode_first)};
}

finding audio_judge::describe_codec() const {
    std::string text;
    if (*codec_ == "Opus")
        text = fmt::format("{} sends messages of {} to {} bytes labelled {}: a codec of variable length, as Opus",
                           name(from_), lengths_.shortest(), lengths_.longest(), audiosocket::name(kind_));
    else
        text = fmt::format("{} sends {} bytes{} labelled {}: that is {}", name(from_), message_bytes_,
                           codec_has_pace_ ? fmt::format(" every {} ms", in_ms(rate_.interval())) : " a message",
                           audiosocket::name(kind_), *codec_);
    text += from_ == sender::server ? " (the phone plays noise)" : " (read as samples it is noise)";
    return {code::codec_as_slin, severity::finding, text,
            std::string(from_ == sender::server ? decode_first : dial_slin)};
}

finding audio_judge::describe_noise() const {
    return {
        code::noise, severity::finding,
        fmt::format("{} sends full-scale noise labelled {}, {} bytes a message, as compressed or encrypted data look",
                    name(from_), audiosocket::name(kind_), message_bytes_),
        std::string(from_ == sender::server ? decode_first : dial_slin)};
}

finding audio_judge::describe_pace() const {
    const pace_fault& f = *pace_fault_;
    std::string text = fmt::format("audio arrives at {} real time, {} bytes every {} ms", times(f.pace),
                                   f.message_bytes, in_ms(f.interval));
    const auto label = audiosocket::name(kind_);
    if (f.actual_rate_hz == 0)
        return {code::wrong_rate, severity::finding,
                text + fmt::format(" labelled {}: half of the audio is missing", label),
                fmt::format("send {} bytes every 20 ms", rate_hz(kind_) / 25)};
    text += fmt::format(": {} samples labelled {}?", kilohertz(f.actual_rate_hz), label);
    const auto right = slin_kind(f.actual_rate_hz);
    if (from_ == sender::caller) {
        return {code::wrong_rate, severity::finding, text,
                right && kind_ == kind::slin
                    ? fmt::format("dial with c(slin) (Asterisk before 20.17, 21.12 and 22.7 labels {0} so), or read it "
                                  "as it is: --input-format {0}",
                                  audiosocket::name(*right))
                    : "label the samples with their rate"};
    }
    std::string advice;
    if (right == kind::slin)
        advice = "label it slin (kind 0x10), or ";
    else if (right)
        advice = fmt::format("label it {} (kind 0x{:02x}; Asterisk 20.17, 21.12, 22.7 and later), or ",
                             audiosocket::name(*right), static_cast<unsigned>(*right));
    advice += fmt::format("resample it to {}: {} bytes every 20 ms", kilohertz(rate_hz(kind_)), rate_hz(kind_) / 25);
    return {code::wrong_rate, severity::finding, text, advice};
}

finding audio_judge::describe_byte_order() const {
    return {code::byte_order, severity::finding,
            fmt::format("the samples of {} look byte-swapped: as little endian they are noise, as big endian they are "
                        "smooth",
                        name(from_)),
            "send little endian samples, and keep both bytes of a sample in one message"};
}

finding audio_judge::describe_header() const {
    return {code::file_header, severity::remark,
            fmt::format("{} plays the header of {} as sound, in audio message {}", name(from_), header_, header_at_),
            header_ == "a WAV file" ? "skip the header (44 bytes in most WAV files) and check the format in it"
                                    : "decode the file, and send its samples only"};
}

finding audio_judge::describe_burst() const {
    const auto size = in_ms(bursts_.longest());
    std::string text = bursts_.bursts() == 1 ? "a burst" : fmt::format("{} bursts", bursts_.bursts());
    text += fmt::format(" of audio, {} ms ahead of time (last message {} bytes): Asterisk has no playout buffer and "
                        "passes it on at once; a phone keeps about {} ms of it",
                        size, message_bytes_, asterisk::phone_buffer.count());
    return {code::burst, bursts_.are_usual() ? severity::finding : severity::remark, text,
            "send 20 ms of audio every 20 ms"};
}

} // namespace audiosocket::app::diagnosis
