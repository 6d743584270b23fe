// SPDX-License-Identifier: Apache-2.0
#include "inspect/wording.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

namespace audiosocket::app::inspect {
namespace {

void append(std::string& list, const std::string& item) {
    if (!list.empty()) list += ", ";
    list += item;
}

std::string describe_id(const message& m) {
    error_code error;
    const uuid id = m.id(error);
    return error ? "not 16 bytes" : to_string(id);
}

std::string hex(std::span<const std::byte> bytes) {
    constexpr std::size_t shown = 16;
    std::string out;
    for (const std::byte b : bytes.first(std::min(bytes.size(), shown)))
        out += fmt::format("{}{:02x}", out.empty() ? "" : " ", std::to_integer<unsigned>(b));
    return bytes.size() > shown ? out + " ..." : out;
}

std::string connections(std::size_t n) {
    return fmt::format("{} TCP connection{}", grouped(n), n == 1 ? "" : "s");
}

// "260 UDP 4789 (VXLAN), 7 ARP", the most frequent first.
std::string most_of(const std::map<std::string, std::uint64_t>& packets) {
    constexpr std::size_t names_max = 5;
    std::vector<std::pair<std::uint64_t, std::string>> sorted;
    for (const auto& [name, n] : packets)
        sorted.emplace_back(n, name);
    std::stable_sort(sorted.begin(), sorted.end(), [](const auto& a, const auto& b) { return a.first > b.first; });
    std::string list;
    for (std::size_t i = 0; i < std::min(sorted.size(), names_max); ++i)
        append(list, grouped(sorted[i].first) + " " + sorted[i].second);
    return sorted.size() > names_max ? list + ", ..." : list;
}

} // namespace

std::string name_of(kind k) {
    if (name(k) == "unknown") return fmt::format("kind {:02x}", static_cast<unsigned>(k));
    return std::string(name(k));
}

std::string grouped(std::uint64_t n) {
    std::string digits = std::to_string(n);
    for (std::size_t at = digits.size(); at > 3;)
        digits.insert(at -= 3, ",");
    return digits;
}

std::string in_seconds(std::chrono::nanoseconds d) {
    return fmt::format("{:.2f} s", std::chrono::duration<double>(d).count());
}

std::string decibels(double dbfs) {
    return fmt::format("{:.1f} dB", std::round(dbfs * 10) / 10 + 0.0);
}

std::string peak(double dbfs) {
    return dbfs <= level::floor_dbfs ? "silent" : "peak " + decibels(dbfs);
}

std::string g711_mark(encoding e) {
    return e == encoding::slin ? "" : fmt::format("  G.711 {}?", name(e));
}

std::string error_names(error_bits code) {
    if (code == error_bits::none || code == error_bits::unknown) return "no code";
    std::string names;
    unsigned rest = static_cast<unsigned>(code);
    for (const auto& [bit, text] :
         {std::pair{error_bits::hangup, "hangup"}, std::pair{error_bits::frame_forwarding, "frame forwarding"},
          std::pair{error_bits::memory, "memory"}}) {
        if (!has(code, bit)) continue;
        append(names, text);
        rest &= ~static_cast<unsigned>(bit);
    }
    if (rest != 0) append(names, fmt::format("{:#04x}", rest));
    return names;
}

std::string describe(const seen_message& seen) {
    const message& m = seen.message;
    if (is_audio(m.kind))
        return fmt::format("{:g} ms  {}{}", std::chrono::duration<double, std::milli>(seen.duration).count(),
                           peak(seen.peak_dbfs), g711_mark(seen.audio_encoding));
    switch (m.kind) {
    case kind::id: return describe_id(m);
    case kind::dtmf: return m.dtmf_digit() ? std::string(1, *m.dtmf_digit()) : "not a digit: " + hex(m.payload);
    case kind::error: return error_names(m.error());
    default: return hex(m.payload);
    }
}

std::string describe_end(const stream_findings& s) {
    switch (s.end) {
    case ending::open: return "with the capture, which stops before the call does";
    case ending::hangup: return "with a hangup";
    case ending::closed: return s.bytes == 0 ? "without a byte" : "closed, without a hangup";
    case ending::reset: return "with a reset";
    case ending::torn: return "with a reset by the other side";
    case ending::absent: return "not in the capture";
    case ending::cut:
        return fmt::format("cut inside a message at byte {}: {} of {} bytes{}", s.end_offset, s.cut_bytes,
                           s.cut_bytes_wanted, s.cut_bytes < header_bytes ? " of its header" : "");
    case ending::nonsense:
        if (!s.diagnoses.empty()) return "never began: not AudioSocket";
        if (s.end_offset == 0) return "never began: not AudioSocket, but " + s.nonsense;
        return fmt::format("at byte {}, where the bytes are not messages any more: {}", s.end_offset, s.nonsense);
    }
    return {};
}

std::string describe(fault f, const remark& r, bool has_clock) {
    const fault_rule& rule = rule_of(f);
    std::string out = r.count == 1 ? std::string(rule.text) : fmt::format("{} x {}", grouped(r.count), rule.text);
    out += has_clock ? fmt::format(" [{}at {:.3f} s, byte {}", r.count == 1 ? "" : "first ",
                                   std::chrono::duration<double>(r.first_at).count(), r.first_offset)
                     : fmt::format(" [{}at byte {}", r.count == 1 ? "" : "first ", r.first_offset);
    if (!rule.unit.empty() && r.worst != 0)
        out +=
            fmt::format("; {}{} {}", r.count == 1 ? "" : "at most ", r.worst, rule.unit == "bytes" ? "B" : rule.unit);
    return out + ']';
}

std::string counts(const stream_findings& s) {
    std::string out;
    for (const auto& [k, total] : s.kinds)
        append(out, fmt::format("{} {}", grouped(total.messages), name_of(k)));
    return out.empty() ? "none" : out;
}

std::vector<std::string> audio_lines(const stream_findings& s) {
    std::vector<std::string> lines;
    for (const auto& [k, total] : s.kinds) {
        if (!is_audio(k)) continue;
        const encoding e = k == kind::slin ? s.audio_encoding : encoding::slin;
        lines.push_back(fmt::format("{} at {} Hz, {}{}", in_seconds(audio_duration(k, e, total.bytes)), rate_hz(k),
                                    peak(total.peak_dbfs), g711_mark(e)));
    }
    return lines;
}

std::string describe_no_call(const inspection_totals& t) {
    constexpr std::string_view advice = "capture with: tcpdump -i any -s 0 -w FILE port 9092";
    if (t.packets == 0) return fmt::format("no packet in it; {}", advice);
    const std::string packets = grouped(t.packets) + (t.packets == 1 ? " packet" : " packets");
    if (t.packets_cut > t.packets / 10) { // not a few jumbo frames
        const std::string which = t.packets_cut == t.packets ? "" : grouped(t.packets_cut) + " of them ";
        return fmt::format("no AudioSocket in its {}, {}cut off at {} bytes: capture with -s 0", packets, which,
                           t.cut_at_bytes);
    }
    if (t.unanswered != 0)
        return fmt::format("{} without an answer; is the server running?", connections(t.unanswered));
    if (t.streams_skipped != 0) return "no AudioSocket in it; name its port with --port N";
    return fmt::format("no TCP in its {}: {}; {}", packets, most_of(t.not_tcp), advice);
}

std::vector<std::string> capture_notes(const inspection_totals& t) {
    std::vector<std::string> notes;
    if (t.streams_skipped != 0)
        notes.push_back(fmt::format("{} without AudioSocket skipped (--port N reads a port as AudioSocket).",
                                    connections(t.streams_skipped)));
    if (t.unanswered != 0) notes.push_back(fmt::format("{} without an answer.", connections(t.unanswered)));
    if (t.given_up != 0)
        notes.push_back(fmt::format("{} reported as they stood, because too many were open at one time; split the "
                                    "capture by address.",
                                    connections(t.given_up)));
    if (t.holes != 0 && t.packets_cut != 0)
        notes.push_back(fmt::format("{} of {} packets are cut off at {} bytes: capture with -s 0.",
                                    grouped(t.packets_cut), grouped(t.packets), t.cut_at_bytes));
    if (t.packets_without_time != 0)
        notes.push_back(fmt::format("{} of {} packets have no time, or one outside the years 1970 to 2261; the time of "
                                    "the packet before was taken.",
                                    grouped(t.packets_without_time), grouped(t.packets)));
    return notes;
}

} // namespace audiosocket::app::inspect
