// SPDX-License-Identifier: Apache-2.0
#include "call/call_report.hpp"

#include "base/json_text.hpp"
#include "base/statistics_json.hpp"

#include <audiosocket/asterisk/limits.hpp>
#include <audiosocket/audio/duration.hpp>

#include <boost/json/array.hpp>
#include <boost/json/value_from.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

namespace audiosocket::app::caller {
namespace {

namespace json = boost::json;
using std::chrono::milliseconds;
using std::chrono::nanoseconds;

// Frames whose jitter is kept: five and a half hours, 8 MB. A longer call is judged by these.
constexpr std::size_t deviations_max = 1'000'000;

// Not a fault in a short call: AudioSocket allows a server to be silent.
constexpr std::string_view no_audio = "no audio arrived from the server";

double ms(nanoseconds d) {
    return std::chrono::duration<double, std::milli>(d).count();
}

} // namespace

void arrivals::add(std::span<const std::int16_t> samples, int rate_hz, time_point at) {
    const auto duration = duration_of(samples.size(), rate_hz);
    level_meter this_frame;
    this_frame.add(samples);
    level_.add(samples);
    if (!first_sound_ && this_frame.take().rms_dbfs > sound_dbfs) first_sound_ = at - start_;

    if (frames_++ == 0) {
        first_frame_ = at - start_;
        phone_empty_at_ = at + asterisk::phone_buffer;
    } else {
        const nanoseconds gap = at - last_at_;
        if (gap > last_duration_ + asterisk::frame_time) ++gaps_;
        gap_max_ = std::max(gap_max_, gap);
        if (deviations_ns_.size() < deviations_max) deviations_ns_.push_back(std::abs((gap - last_duration_).count()));
        if (at > phone_empty_at_) {
            ++underruns_;
            phone_empty_at_ = at + asterisk::phone_buffer;
        }
    }
    phone_empty_at_ += duration;
    ahead_max_ = std::max(ahead_max_, nanoseconds(phone_empty_at_ - at) - asterisk::phone_buffer - duration);
    audio_ += duration;
    last_at_ = at;
    last_duration_ = duration;
}

void arrivals::finish(time_point at) {
    if (frames_ > 0) gap_max_ = std::max(gap_max_, nanoseconds(at - last_at_));
}

nanoseconds arrivals::jitter(double quantile) const {
    if (deviations_ns_.empty()) return {};
    auto sorted = deviations_ns_;
    const auto rank = static_cast<std::ptrdiff_t>(std::ceil(quantile * static_cast<double>(sorted.size()))) - 1;
    const auto at = sorted.begin() + std::max<std::ptrdiff_t>(rank, 0);
    std::nth_element(sorted.begin(), at, sorted.end());
    return nanoseconds(*at);
}

namespace {

std::string_view name(asterisk::interface through) {
    return through == asterisk::interface::application ? "AudioSocket()" : "Dial(AudioSocket/...)";
}

time_point end_of(const call_report& r) {
    return r.start + std::chrono::duration_cast<clock::duration>(r.duration);
}

// Returns what a release did with the call, as a sentence without its subject.
std::string describe(const asterisk::reader& r, time_point start, time_point end) {
    const auto blocked = r.blocked_max(end);
    const auto& outcome = r.end();
    const auto after = outcome ? std::chrono::duration<double>(outcome->at - start).count() : 0;
    std::string text;
    switch (fate_of(r, end)) {
    case fate::kept:
    case fate::unheard:
        text = outcome ? fmt::format("the dialplan goes on after {:.2f} s: {}", after, outcome->why) : "keeps the call";
        break;
    case fate::ended_with_error: text = fmt::format("the dialplan ends after {:.2f} s: {}", after, outcome->why); break;
    case fate::ended_early: text = fmt::format("ends the call after {:.2f} s: {}", after, outcome->why); break;
    case fate::spun: text = fmt::format("uses all of a core from {:.2f} s on: {}", after, outcome->why); break;
    }
    if (blocked > asterisk::gap_max)
        text += fmt::format("; the caller's audio is held back for {:.0f} ms (asterisk#2089)", ms(blocked));
    return text;
}

// Returns a line for releases with the same outcome, and below it the line that they write to their log.
std::string fates(const call_report& r) {
    std::string text;
    const auto end = end_of(r);
    for (auto at = r.releases.begin(); at != r.releases.end();) {
        const auto same = describe(*at, r.start, end);
        std::string versions;
        const auto first = at;
        for (; at != r.releases.end() && describe(*at, r.start, end) == same; ++at)
            versions += (versions.empty() ? "" : ", ") + std::string(at->of().version);
        text += fmt::format("  {:14} {}: {}\n", first == r.releases.begin() ? "Asterisk" : "", versions, same);
        if (first->end() && !first->end()->log.empty())
            text += fmt::format("  {:14}   logs \"{}\"\n", "", first->end()->log);
    }
    return text;
}

json::object to_json(const asterisk::reader& r, time_point start, time_point end) {
    const auto& outcome = r.end();
    const auto what = [&] {
        switch (fate_of(r, end)) {
        case fate::kept: return outcome ? "dialplan goes on" : "kept";
        case fate::ended_with_error: return "dialplan ends";
        case fate::ended_early: return "call ended";
        case fate::spun: return "spins";
        case fate::unheard: return "caller not heard";
        }
        return "";
    }();
    return {{"release", r.of().version},
            {"same_as", r.of().others},
            {"result", what},
            {"costs_the_call", costs_the_call(fate_of(r, end))},
            {"seconds", outcome ? json::value(rounded(ms(outcome->at - start) / 1000)) : json::value()},
            {"why", outcome ? json::value(outcome->why) : json::value()},
            {"log", outcome && !outcome->log.empty() ? json::value(outcome->log) : json::value()},
            {"caller_held_back_ms", rounded(ms(r.blocked_max(end)))}};
}

} // namespace

std::vector<call_report::remark> call_report::remarks() const {
    std::vector<remark> found;
    const auto fault = [&](bool is_so, std::string text) {
        if (is_so) found.push_back({true, std::move(text)});
    };
    const auto note = [&](bool is_so, std::string text) {
        if (is_so) found.push_back({false, std::move(text)});
    };

    for (const auto& f : findings)
        found.push_back({f.weight == diagnosis::severity::finding, diagnosis::to_text(f)});
    // If it is not AudioSocket, other remarks would only confuse.
    if (std::ranges::any_of(findings, [](const auto& f) { return f.code >= diagnosis::code::other_protocol; }))
        return found;

    const bool any_message = counted.frames_received + counted.unknown_kinds > 0;
    fault(counted.fragments > 0 && !any_message,
          "the connection closed inside its first message: is that an AudioSocket server?");
    fault(counted.odd_audio > 0, fmt::format("{} audio messages with half a sample", counted.odd_audio));
    fault(audio.gap_max() > asterisk::idle_max || audio.first_frame().value_or(duration) > asterisk::idle_max,
          "no audio for more than 2 s: send silence every 20 ms, or calls stay silent both ways (asterisk#2089)");
    fault(end.reason == end_reason::connection_failed || end.reason == end_reason::timed_out ||
              end.reason == end_reason::protocol_violation,
          fmt::format("the call ended badly: {}", end.error ? end.error.message() : std::string(name(end.reason))));

    // The table has the effect of these on each release.
    note(counted.unknown_kinds > 0,
         fmt::format("{} messages of kinds other than hangup and audio: Asterisk 20.14, 22.4 and later drop the call",
                     counted.unknown_kinds));
    note(end.reason == end_reason::peer_error, "an error message: Asterisk 20.14, 22.4 and later drop the call");
    note(counted.empty_audio > 0,
         fmt::format("{} audio messages without audio: Asterisk 20.14, 22.4 and later drop the call",
                     counted.empty_audio));
    note(
        counted.message_pause_max > asterisk::payload_pause_max,
        fmt::format("a pause of {:.1f} ms inside a message: Asterisk waits {} ms for the rest of a payload at the most",
                    ms(counted.message_pause_max), asterisk::payload_pause_max.count()));
    note(counted.split_headers > 0,
         fmt::format("{} headers in two pieces: Asterisk before 20.19, 22.9 and 23.3 misreads them",
                     counted.split_headers));
    note(counted.fragments > 0 && any_message, "the connection closed inside a message");
    note(counted.stalled_sends > 0,
         fmt::format("{} messages that the server was not ready to take: Asterisk tries once and ends the call",
                     counted.stalled_sends));
    note(end.reason == end_reason::peer_reset, "a reset instead of an orderly close: the dialplan sees a failure");

    note(audio.frames() == 0, std::string(no_audio));
    const auto first = audio.first_frame();
    note(first && *first > asterisk::first_audio_max && *first <= asterisk::idle_max,
         fmt::format("the first audio came only after {:.0f} ms (asterisk#2089)", ms(first.value_or(nanoseconds{}))));
    note(audio.gaps() > 0 && audio.gap_max() <= asterisk::idle_max,
         fmt::format("{} frames came more than {} ms late, the longest gap was {:.0f} ms", audio.gaps(),
                     asterisk::frame_time.count(), ms(audio.gap_max())));
    note(counted.kind_changes > 1, fmt::format("the kind of the audio changed {} times", counted.kind_changes));
    return found;
}

verdict call_report::verdict() const {
    if (ruling) return {std::span(&*ruling, 1), end_of(*this)};
    return {releases, end_of(*this)};
}

bool call_report::is_good() const {
    return !verdict().costs_the_call() && std::ranges::none_of(remarks(), &remark::is_fault);
}

// Returns the last line: faults, which concern all releases, and then the releases. A call without audio proves little,
// so the line says that as well.
std::string conclusion(const call_report& r, const std::vector<call_report::remark>& remarks) {
    const auto faults = std::ranges::count_if(remarks, &call_report::remark::is_fault);
    const auto verdict = r.verdict();
    if (faults == 0) return r.audio.frames() > 0 ? verdict.text() : fmt::format("{}; {}", verdict.text(), no_audio);
    return fmt::format("not good: the server has {}; {}", faults == 1 ? "a fault" : fmt::format("{} faults", faults),
                       verdict.costs_the_call() ? verdict.text() : "no release ends the call for it");
}

std::string to_text(const call_report& r) {
    const auto when = [](const std::optional<nanoseconds>& d) {
        return d ? fmt::format("after {:.0f} ms", ms(*d)) : std::string("never");
    };
    const level loudness = r.audio.loudness();
    std::string text;
    text += fmt::format("Call {} to {}\n", to_string(r.id), r.server);
    text += fmt::format("  ended          {}, after {:.2f} s\n", name(r.end.reason), ms(r.duration) / 1000);
    text +=
        fmt::format("  first audio    {}; first sound {}\n", when(r.audio.first_frame()), when(r.audio.first_sound()));
    text +=
        fmt::format("  received       {} frames, {:.2f} s of {}, peak {:.1f} dBFS, RMS {:.1f} dBFS\n", r.audio.frames(),
                    ms(r.audio.audio()) / 1000, name(r.format), loudness.peak_dbfs, loudness.rms_dbfs);
    text += fmt::format("  sent           {} frames\n", r.counted.frames_sent);
    if (r.audio.frames() > 0) {
        text += fmt::format("  jitter         p50 {:.2f} ms, p99 {:.2f} ms, max {:.2f} ms\n", ms(r.audio.jitter(0.5)),
                            ms(r.audio.jitter(0.99)), ms(r.audio.jitter(1)));
        text += fmt::format("  gaps           {}, longest {:.0f} ms; {} underruns with a jitter buffer of {} ms\n",
                            r.audio.gaps(), ms(r.audio.gap_max()), r.audio.underruns(), asterisk::phone_buffer.count());
    }
    if (r.ruling)
        text += fmt::format("  as             Asterisk {} with {}\n", r.ruling->of().version, name(r.who.through));
    text += fates(r);
    const auto remarks = r.remarks();
    for (const auto& remark : remarks)
        text += fmt::format("  {:14} {}\n", remark.is_fault ? "FAULT" : "note", remark.text);
    text += fmt::format("  verdict        {}\n", conclusion(r, remarks));
    return text;
}

json::object to_json(const verdict& v) {
    json::array early;
    for (const auto& group : v.bad())
        early.push_back({{"releases", json::value_from(group.releases)}, {"text", verdict::text(group)}});
    return {{"text", v.text()}, {"good", json::value_from(v.good())}, {"bad", early}};
}

json::object to_json(const call_report& r) {
    const auto when = [](const std::optional<nanoseconds>& d) {
        return d ? json::value(rounded(ms(*d))) : json::value();
    };
    const level loudness = r.audio.loudness();
    const auto jitter = [&](double quantile) { return rounded(ms(r.audio.jitter(quantile))); };
    json::array costs;
    json::array notes;
    for (const auto& remark : r.remarks())
        (remark.is_fault ? costs : notes).emplace_back(remark.text);
    const auto verdict = r.verdict();
    for (const auto& group : verdict.bad())
        costs.emplace_back(verdict::text(group));
    json::array findings;
    for (const auto& f : r.findings) {
        findings.push_back(json::object{{"code", name(f.code)},
                                        {"severity", f.weight == diagnosis::severity::finding ? "finding" : "remark"},
                                        {"text", f.text},
                                        {"advice", f.advice}});
    }
    json::array releases;
    const auto end = end_of(r);
    for (const auto& reader : r.releases)
        releases.push_back(to_json(reader, r.start, end));
    return {
        {"server", r.server},
        {"id", to_string(r.id)},
        {"seconds", rounded(ms(r.duration) / 1000)},
        {"end",
         {{"reason", name(r.end.reason)}, {"error", r.end.error ? json::value(r.end.error.message()) : json::value()}}},
        {"format", name(r.format)},
        {"first_audio_ms", when(r.audio.first_frame())},
        {"first_sound_ms", when(r.audio.first_sound())},
        {"frames", r.audio.frames()},
        {"audio_seconds", rounded(ms(r.audio.audio()) / 1000)},
        {"peak_dbfs", rounded(loudness.peak_dbfs)},
        {"rms_dbfs", rounded(loudness.rms_dbfs)},
        {"jitter_ms", {{"p50", jitter(0.5)}, {"p99", jitter(0.99)}, {"max", jitter(1)}}},
        {"gaps", r.audio.gaps()},
        {"gap_max_ms", rounded(ms(r.audio.gap_max()))},
        {"underruns", r.audio.underruns()},
        {"ahead_max_ms", rounded(ms(r.audio.ahead_max()))},
        {"good", r.is_good()},
        {"verdict", to_json(verdict)},
        {"costs_the_call", costs},
        {"notes", notes},
        {"findings", findings},
        {"as", r.ruling ? json::value(to_json(*r.ruling, r.start, end)) : json::value()},
        {"interface", name(r.who.through)},
        {"releases", releases},
        {"statistics", app::to_json(r.counted)},
    };
}

} // namespace audiosocket::app::caller
