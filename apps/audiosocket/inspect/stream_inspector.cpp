// SPDX-License-Identifier: Apache-2.0
#include "inspect/stream_inspector.hpp"

#include "diagnosis/other_protocol.hpp"

#include <audiosocket/asterisk/limits.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <array>

namespace audiosocket::app::inspect {

using std::chrono::microseconds;

namespace {

// Silence that replaces lost audio is fed in pieces of this size.
constexpr std::array<std::byte, 4096> silence{};

constexpr diagnosis::sender as_sender(side s) {
    return s == side::caller ? diagnosis::sender::caller : diagnosis::sender::server;
}

// Describes bytes that are not a message: `47 45 54 20 ... "GET / HTTP/1.1": an HTTP request; is the port right?`
std::string describe_nonsense(header h, std::span<const std::byte> payload) {
    std::vector<std::byte> start(header_bytes);
    write_header(h, std::span(start).first<header_bytes>());
    start.insert(start.end(), payload.begin(), payload.end());
    const std::string shown = diagnosis::shown(h, payload);
    if (const auto other = diagnosis::recognise(start))
        return fmt::format("{}: {}; {}", shown, other->name, other->advice);
    return diagnosis::is_text(start) ? shown + ": text" : shown;
}

} // namespace

stream_inspector::stream_inspector(side sender, bool has_clock, bool from_start, on_message report)
    : report_(std::move(report)), has_clock_(has_clock), from_start_(from_start), seeking_(!from_start),
      is_whole_(from_start), framing_(as_sender(sender)), audio_(as_sender(sender)) {
    findings_.sender = sender;
}

void stream_inspector::feed(std::span<const std::byte> bytes, microseconds at) {
    // The judge may need a few bytes more than the decoder needs to see that this is not AudioSocket.
    if (is_whole_ && framing_.feed(bytes) && is_known_mistake()) return give_up_whole();
    if (is_nonsense()) return;
    if (seeking_ && !diagnosis::starts_like_a_message(bytes)) {
        offset_ += bytes.size();
        return;
    }
    seeking_ = false;
    if (!decoder_.in_message()) began_at_ = at;
    decoder_.feed(bytes);
    read_messages(at);
}

void stream_inspector::read_messages(microseconds at) {
    while (const auto m = decoder_.next()) {
        const header h{m->kind, static_cast<std::uint16_t>(m->payload.size())};
        if (!make_sense(h, m->payload)) return;
        take(*m, at);
        offset_ += header_bytes + m->payload.size();
        began_at_ = at;
        header_split_ = has_hole_ = false;
    }
    if (!decoder_.in_message()) return;
    if (!decoder_.pending_header()) header_split_ = true;
    // The header alone identifies most other protocols; no need to wait for the 20 kB that "GET" seems to announce.
    const auto pending = decoder_.pending_header();
    if (pending && offset_ == 0 && from_start_) make_sense(*pending, decoder_.pending_bytes().subspan(header_bytes));
}

// Counts messages that cannot be intended. Returns false if it has given up.
bool stream_inspector::make_sense(header h, std::span<const std::byte> payload) {
    const bool hangs_up_again = hung_up_ && h.kind == kind::hangup; // a file of zeros
    if (diagnosis::is_plausible(h) && !hangs_up_again) {
        nonsense_in_a_row_ = 0;
        return true;
    }
    if (nonsense_in_a_row_++ == 0) {
        nonsense_since_ = offset_;
        nonsense_shown_ = describe_nonsense(h, payload);
    }
    const bool at_start = offset_ == 0 && from_start_;
    if (!at_start && nonsense_in_a_row_ < 2) return true;
    give_up();
    return false;
}

void stream_inspector::give_up() {
    findings_.end = ending::nonsense;
    findings_.end_offset = nonsense_since_;
    findings_.nonsense = nonsense_shown_;
    decoder_.reset();
}

// Returns whether the judge knows from the first bytes why nothing in the stream is valid. A fault that begins later,
// or is unknown, is shown after the messages before it.
bool stream_inspector::is_known_mistake() const {
    using diagnosis::code;
    if (!framing_.result()) return false;
    const code c = framing_.result()->code;
    return c == code::little_endian_length || c == code::no_headers || c == code::id_as_text;
}

// These bytes were not messages, so no remarks are made about them.
void stream_inspector::give_up_whole() {
    nonsense_since_ = 0;
    nonsense_shown_ = framing_.result()->text;
    give_up();
    remark_list of_capture;
    for (const fault f : {fault::capture_hole, fault::capture_reordered})
        if (const auto found = findings_.remarks.all().find(f); found != findings_.remarks.all().end())
            of_capture.add(f, {found->second.first_offset, found->second.first_at}, found->second.worst);
    findings_.remarks = of_capture;
    findings_.diagnoses = {*framing_.result()};
}

bool stream_inspector::lost(std::uint64_t bytes, microseconds at) {
    if (is_nonsense()) return false;
    findings_.remarks.add(fault::capture_hole, {offset_, at}, static_cast<std::int64_t>(bytes));
    const auto pending = decoder_.pending_header();
    const std::uint64_t wanted = pending ? header_bytes + pending->payload_bytes - decoder_.pending_bytes().size() : 0;
    if (pending && is_audio(pending->kind) && bytes <= wanted) {
        has_hole_ = true;
        audio_.forget_pace();
        while (bytes != 0) {
            const auto piece = std::min<std::uint64_t>(bytes, silence.size());
            if (is_whole_) framing_.feed(std::span(silence).first(piece));
            decoder_.feed(std::span(silence).first(piece));
            read_messages(began_at_); // the time of the packet that is present
            bytes -= piece;
        }
        return true;
    }
    if (findings_.kinds.empty()) from_start_ = false; // the id may have been in the hole
    is_whole_ = false;
    audio_.forget_pace();
    offset_ += decoder_.pending_bytes().size() + bytes;
    decoder_.reset();
    seeking_ = true;
    return false;
}

void stream_inspector::take(const message& m, microseconds at) {
    const place where{offset_, at};
    if (has_clock_ && !has_hole_ && findings_.sender == side::server) judge_timing(m, at);
    if (findings_.sender == side::caller)
        judge_caller(m, where);
    else
        judge_server(m, where);

    kind_total& total = findings_.kinds[m.kind];
    ++total.messages;
    total.bytes += m.payload.size();
    findings_.bytes = offset_ + header_bytes + m.payload.size();
    hung_up_ |= m.kind == kind::hangup;

    seen_message seen{.sender = findings_.sender, .where = where, .message = m};
    if (is_audio(m.kind)) take_audio(m, seen);
    report_(seen);
}

void stream_inspector::take_audio(const message& m, seen_message& seen) {
    if (m.kind == kind::slin) findings_.audio_encoding = seen.audio_encoding = detector_.observe(m.payload);
    samples_.resize(samples_in(seen.audio_encoding, m.payload.size()));
    decode(seen.audio_encoding, m.payload, samples_);
    meter_.add(samples_);
    seen.peak_dbfs = meter_.take().peak_dbfs;
    seen.duration = audio_duration(m.kind, seen.audio_encoding, m.payload.size());
    for (double* peak : {&findings_.peak_dbfs, &findings_.kinds[m.kind].peak_dbfs})
        *peak = std::max(*peak, seen.peak_dbfs);

    const auto bytes = static_cast<std::int64_t>(m.payload.size());
    if (bytes % 2 != 0 && seen.audio_encoding == encoding::slin)
        findings_.remarks.add(fault::odd_audio, seen.where, bytes);
    if (!hung_up_ && !has_hole_) {
        audio_.add(m.kind, m.payload, has_clock_ ? std::optional(seen.where.at) : std::nullopt);
        if (seen.audio_encoding == encoding::slin) mix_.add(m.payload);
    }
    if (audio_kind_ && *audio_kind_ != m.kind) findings_.remarks.add(fault::mixed_kinds, seen.where);
    audio_kind_ = m.kind;
}

void stream_inspector::judge_timing(const message& m, microseconds at) {
    if (header_split_) findings_.remarks.add(fault::split_header, {offset_, at});
    const auto pause = at - began_at_;
    if (!m.payload.empty() && pause > asterisk::payload_pause_max)
        findings_.remarks.add(fault::slow_message, {offset_, at},
                              std::chrono::round<std::chrono::milliseconds>(pause).count());
}

void stream_inspector::judge_caller(const message& m, place where) {
    remark_list& remarks = findings_.remarks;
    if (m.kind == kind::id) {
        error_code error;
        const uuid id = m.id(error);
        if (error)
            remarks.add(fault::id_length, where, static_cast<std::int64_t>(m.payload.size()));
        else if (findings_.id)
            remarks.add(fault::id_repeated, where);
        else
            findings_.id = id;
        return;
    }
    if (!findings_.id && from_start_ && findings_.kinds.empty()) remarks.add(fault::id_missing, where);
    if (name(m.kind) == "unknown") remarks.add(fault::unknown_kind, where);
    if (m.kind == kind::dtmf && !m.dtmf_digit()) remarks.add(fault::bad_digit, where);
    if (m.kind == kind::error) remarks.add(fault::error_message, where);
}

void stream_inspector::judge_server(const message& m, place where) {
    remark_list& remarks = findings_.remarks;
    if (hung_up_) remarks.add(fault::sent_after_hangup, where);
    if (m.kind != kind::hangup && !is_audio(m.kind)) remarks.add(fault::kind_not_for_asterisk, where);
    if (is_audio(m.kind) && m.payload.empty()) remarks.add(fault::empty_audio, where);
}

void stream_inspector::end(ending how) {
    if (is_whole_) framing_.end();
    if (!is_nonsense()) judge_end(how);
    if (is_known_mistake() && findings_.diagnoses.empty()) give_up_whole();
    if (is_nonsense() && findings_.end_offset == 0 && is_whole_ && framing_.result())
        findings_.diagnoses = {*framing_.result()};
    if (is_nonsense()) return;
    findings_.diagnoses = audio_.findings();
    if (!has_clock_ && mix_.is_mixed()) findings_.remarks.add(fault::both_directions, {});
}

// Determines how the stream really ended.
void stream_inspector::judge_end(ending how) {
    findings_.end = hung_up_ ? ending::hangup : how;
    findings_.end_offset = offset_;
    if (!decoder_.in_message()) return;

    const auto begun = decoder_.pending_bytes();
    const auto pending = decoder_.pending_header();
    findings_.bytes = offset_ + begun.size();
    findings_.end = ending::cut;
    findings_.cut_bytes = begun.size();
    findings_.cut_bytes_wanted = header_bytes + (pending ? pending->payload_bytes : 0);
    if (pending && (!make_sense(*pending, begun.subspan(header_bytes)) || nonsense_in_a_row_ != 0)) give_up();
}

} // namespace audiosocket::app::inspect
