// SPDX-License-Identifier: Apache-2.0
#include "check/conformance_case.hpp"
#include "check/test_audio.hpp"

#include <audiosocket/audio/g711.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>

namespace audiosocket::app::check {
namespace {

// A tone at another frequency means a wrong speed; counting zero crossings has an error of two percent.
constexpr double frequency_tolerance = 0.02;

line call_with_echo(const target& t) {
    need_echo(t);
    return place_call(t);
}

std::string frames_of(const target& t, std::span<const std::size_t> sizes_bytes) {
    line l = call_with_echo(t);
    numbers sent;
    std::size_t samples = 0;
    for (int round = 0; round < 5; ++round) {
        for (const std::size_t size : sizes_bytes) {
            l.send(audio(sent.take(size / 2)));
            samples += size / 2;
            l.pass(milliseconds(static_cast<int>(size) / 16));
        }
    }
    expect_echo(l, samples);
    return fmt::format("{} samples, in order", samples);
}

std::string frames_of_320(const target& t) {
    constexpr std::array<std::size_t, 1> sizes{320};
    return frames_of(t, sizes);
}

std::string frames_of_other_sizes(const target& t) {
    constexpr std::array<std::size_t, 4> sizes{160, 480, 640, 960};
    return frames_of(t, sizes);
}

std::string dripped(const target& t) {
    line l = call_with_echo(t);
    for (const std::byte b : audio(numbers().take(frame_samples))) {
        l.send(std::span(&b, 1));
        l.pass(milliseconds(1));
    }
    expect_echo(l, frame_samples);
    return "identical";
}

std::string in_one_segment(const target& t) {
    constexpr int messages = 100;
    line l = call_with_echo(t);
    bytes all;
    numbers sent;
    for (int i = 0; i < messages; ++i) {
        const bytes one = audio(sent.take(frame_samples));
        all.insert(all.end(), one.begin(), one.end());
    }
    l.send(all);
    expect_echo(l, messages * frame_samples);
    return "all, in order";
}

std::string split_everywhere(const target& t) {
    line l = call_with_echo(t);
    numbers sent;
    std::size_t samples = 0;
    auto due = clock::now();
    for (std::size_t at = 1; at < header_bytes + 2 * frame_samples; ++at) {
        const bytes one = audio(sent.take(frame_samples));
        l.send(std::span(one).first(at));
        l.pass(milliseconds(2));
        l.send(std::span(one).subspan(at));
        samples += frame_samples;
        due += milliseconds(20);
        l.pass(due - clock::now());
        expect(l.open(), fmt::format("the server closed the call after a message split at {}", at));
    }
    expect_echo(l, samples);
    return "identical, each";
}

std::string empty_audio(const target& t) {
    line l = place_call(t);
    l.send_audio(numbers());
    l.pass(milliseconds(100));
    l.send(bytes{std::byte{0x10}, std::byte{0}, std::byte{0}});
    const auto before = figures(t);
    l.pass(milliseconds(500), [&] { return !l.open(); });
    const auto used = figures(t).cpu - before.cpu;
    expect(used < milliseconds(250), fmt::format("the server spins: {} of processor time in 500 ms", text(used)));
    return up_or_closed(t, l, "empty audio");
}

std::string odd_length(const target& t) {
    line l = call_with_echo(t);
    numbers sent;
    bytes odd = audio(sent.take(frame_samples));
    odd[2] = std::byte{0x41}; // 321
    odd.push_back(std::byte{0});
    l.send(odd);
    numbers marked(7); // far from the numbers above
    for (int i = 0; i < 10; ++i)
        l.send(audio(marked.take(frame_samples)));
    l.pass(milliseconds(600), [&] { return !l.open(); });
    if (!l.open()) {
        expect_new_call_works(t, "audio of 321 bytes");
        return "closed";
    }
    const auto received = without_silence(l.samples());
    const auto mark = std::ranges::find(received, numbers(7).take(1).front());
    const auto rest = std::span(received).subspan(static_cast<std::size_t>(mark - received.begin()));
    expect(numbers_in_order(rest, 7) >= 5 * frame_samples, "the audio after a message of 321 bytes comes back altered");
    return "the half sample is left out";
}

std::string longest_message(const target& t) {
    line l = place_call(t);
    bytes longest(header_bytes + payload_bytes_max);
    longest[0] = std::byte{0x10};
    longest[1] = longest[2] = std::byte{0xff};
    l.send(longest);
    return up_or_closed(t, l, "a message of 65,535 bytes");
}

// Removes silence between frames of a tone: it is a delay, not a lower tone.
std::vector<std::int16_t> without_pauses(const std::vector<std::int16_t>& samples) {
    constexpr std::size_t zeros_of_a_tone = 2;
    std::vector<std::int16_t> out;
    std::size_t zeros = 0;
    for (const auto s : samples) {
        zeros = s == 0 ? zeros + 1 : 0;
        if (zeros <= zeros_of_a_tone) out.push_back(s);
    }
    return out;
}

// Returns the frequency at which a tone of 400 Hz comes back, counted from message `from` on.
double returned_hz(const line& l, std::size_t from) {
    std::vector<std::int16_t> samples;
    kind last = kind::slin;
    for (const auto& m : std::span(l.received()).subspan(from)) {
        if (!is_audio(m.kind)) continue;
        if (m.kind != last) samples.clear();
        last = m.kind;
        for (std::size_t i = 0; i + 1 < m.payload.size(); i += 2) {
            const auto s = static_cast<std::int16_t>(std::to_integer<unsigned>(m.payload[i]) |
                                                     std::to_integer<unsigned>(m.payload[i + 1]) << 8);
            samples.push_back(s);
        }
    }
    return frequency_hz(without_pauses(samples), rate_hz(last));
}

// Sends a tone in this kind for a while; throws if it comes back at another speed.
void expect_speed(line& l, kind as) {
    const auto mark = l.frames();
    tone sound(tone_hz, rate_hz(as));
    l.send_audio([&](std::span<std::int16_t> out) { sound.fill(out); }, as);
    l.pass(milliseconds(700), [&] { return !l.open(); });
    l.stop_audio();
    if (!l.open()) return;
    // The first 300 ms may still be audio that was sent before.
    const auto hz = returned_hz(l, std::min(l.frames(), mark + 15));
    expect(hz > 0, fmt::format("a tone in {} does not come back", name(as)));
    expect(std::abs(hz - tone_hz) <= tone_hz * frequency_tolerance,
           fmt::format("a tone of 400 Hz in {} comes back at {:.0f} Hz", name(as), hz));
}

std::string wideband(const target& t) {
    for (const int rate : slin_rates_hz) {
        if (rate == 8000) continue;
        line l = call_with_echo(t);
        expect_speed(l, *slin_kind(rate));
        expect(l.open(), fmt::format("the server closes on {}", name(*slin_kind(rate))));
    }
    return "all eight come back at the right speed";
}

std::string rate_switch(const target& t) {
    line l = call_with_echo(t);
    for (const kind as : {kind::slin, kind::slin16, kind::slin48, kind::slin}) {
        expect_speed(l, as);
        if (l.open()) continue;
        expect_new_call_works(t, "a change of the rate");
        return "closed";
    }
    return "the speed is right throughout";
}

std::string ulaw_under_slin(const target& t) {
    line l = place_call(t);
    tone sound(tone_hz, 8000);
    for (int i = 0; i < 30; ++i) {
        std::array<std::int16_t, frame_samples> samples{};
        sound.fill(samples);
        bytes m(header_bytes + frame_samples);
        write_header({kind::slin, frame_samples}, std::span(m).first<header_bytes>());
        encode(encoding::ulaw, samples, std::span(m).subspan(header_bytes));
        l.send(m);
        l.pass(milliseconds(20));
    }
    return up_or_closed(t, l, "mu-law under 0x10");
}

std::string sixteen_digits(const target& t) {
    constexpr std::string_view digits = "0123456789*#ABCD";
    if (!t.traits.obeys_requests) {
        line l = place_call(t);
        for (const char digit : digits) {
            press(l, digit);
            l.pass(milliseconds(20));
        }
        expect_up(t, l, "sixteen digits");
        return "the call goes on; their order cannot be seen without requests";
    }
    line l = place_call(t, request_id(request::spell));
    numbers sent;
    std::vector<std::int16_t> expected;
    for (const char digit : digits) {
        const auto frame = sent.take(frame_samples);
        l.send(audio(frame));
        press(l, digit);
        expected.insert(expected.end(), frame.begin(), frame.end());
        expected.insert(expected.end(), spelled_samples, spelled(digit));
        l.pass(milliseconds(20));
    }
    l.pass(milliseconds(2000), [&] { return without_silence(l.samples()).size() >= expected.size(); });
    expect(without_silence(l.samples()) == expected, "the digits are not in their places between the audio");
    return "each in its place between the audio";
}

std::string bad_digits(const target& t) {
    line l = place_call(t);
    const auto send = [&](std::initializer_list<int> raw) {
        bytes m;
        for (const int b : raw)
            m.push_back(static_cast<std::byte>(b));
        l.send(m);
        l.pass(milliseconds(20));
    };
    send({0x03, 0, 0});
    send({0x03, 0, 2, '1', '2'});
    send({0x03, 0, 1, 0xff});
    expect_up(t, l, "digits of 0 and 2 bytes, and 0xff");
    if (!t.traits.echoes) return "the call goes on";
    expect_echo(l, l.frames_sent() * frame_samples);
    return "ignored; the audio around them is whole";
}

std::string unknown_kinds(const target& t) {
    constexpr std::array<int, 4> kinds{0x02, 0x04, 0x19, 0xfe};
    line l = place_call(t);
    for (const int k : kinds) {
        bytes m(header_bytes + 10, static_cast<std::byte>(k));
        write_header({static_cast<kind>(k), 10}, std::span(m).first<header_bytes>());
        l.send(m);
        l.pass(milliseconds(100), [&] { return !l.open(); });
        if (l.open()) continue;
        expect(!t.strict, fmt::format("the server closes on kind {:#04x}", k));
        expect_new_call_works(t, "an unknown kind");
        return fmt::format("closed on {:#04x}", k);
    }
    expect_up(t, l, "unknown kinds");
    if (!t.traits.echoes) return "skipped";
    expect_echo(l, l.frames_sent() * frame_samples);
    return "skipped by their length";
}

std::string other_protocols(const target& t) {
    const std::array<std::pair<std::string_view, std::string>, 4> openings{{
        {"an HTTP request", "GET / HTTP/1.1\r\nHost: localhost\r\n\r\n"},
        {"a TLS hello", std::string("\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03", 11) + std::string(501, 'x')},
        {"a PROXY header", "PROXY TCP4 192.0.2.1 192.0.2.2 40000 9092\r\n"},
        {"noise", "\x8f\xc2\x13\x77\xe0\x5a\x99\x21\xd4\x0b"},
    }};
    for (const auto& [what, text] : openings) {
        line l = connect(t);
        l.send(std::as_bytes(std::span(text)));
        expect_closed(l, t.id_deadline_max(), what);
        expect(l.frames() == 0, fmt::format("{} begins a call", what));
    }
    expect_new_call_works(t, "other protocols");
    return "closed, each";
}

} // namespace

std::vector<conformance_case> framing_cases() {
    using enum group;
    return {
        {19, framing, "320 bytes", "delivered", "20 ms at 8 kHz: what Asterisk sends", frames_of_320},
        {20, framing, "160, 480, 640 and 960 bytes", "delivered with their durations",
         "frames of 10, 30, 40 and 60 ms occur", frames_of_other_sizes},
        {21, framing, "a message byte by byte", "identical", "TCP is a stream", dripped},
        {22, framing, "100 messages in one segment", "all, in order",
         "audio that was delayed in a network arrives at once", in_one_segment},
        {23, framing, "a message split at each of its bytes", "identical", "TCP is a stream", split_everywhere},
        {24, framing, "audio of no bytes", "ignored or closed, no spin",
         "a loop that reads until it has data never ends", empty_audio, false, false, course::alone},
        {25, framing, "audio of 321 bytes", "what follows is aligned, or closed",
         "half a sample must not turn the rest into noise", odd_length},
        {26, framing, "audio of 65,535 bytes", "taken, or closed by a documented limit",
         "the longest payload that a header can describe", longest_message},
        {27, framing, "kinds 0x11 to 0x18", "12 to 192 kHz", "c(slin16) and the like, since Asterisk 20.17 and 22.7",
         wideband},
        {28, framing, "the rate changes in a call", "the right speed, or closed",
         "the same message length then has another duration", rate_switch},
        {29, framing, "mu-law under 0x10", "decoded if asked for, no crash",
         "Dial without c() labels the caller's codec as slin", ulaw_under_slin},
        {30, framing, "all sixteen digits", "events, in order with the audio", "since Asterisk 20.14 and 22.4",
         sixteen_digits},
        {31, framing, "digits of 0 and 2 bytes, and 0xff", "ignored, nothing read past them", "a digit has one byte",
         bad_digits},
        {32, framing, "unknown kinds", "strict: skipped by their length", "newer Asterisk has added kinds before",
         unknown_kinds, true},
        {33, framing, "HTTP, TLS, PROXY, noise", "closed", "open ports are scanned, and monitored by mistake",
         other_protocols},
    };
}

} // namespace audiosocket::app::check
