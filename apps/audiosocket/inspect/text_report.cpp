// SPDX-License-Identifier: Apache-2.0
#include "inspect/text_report.hpp"

#include "inspect/wording.hpp"

#include <fmt/chrono.h>
#include <fmt/format.h>

#include <algorithm>

namespace audiosocket::app::inspect {

void text_report::begin(const call_label& call) {
    if (call.has_clock())
        out_ << fmt::format("#{}  {} -> {}  {:%Y-%m-%d %H:%M:%S} UTC{}\n", call.number, call.caller, call.server,
                            fmt::gmtime(std::chrono::system_clock::to_time_t(*call.started)),
                            call.from_start ? "" : "  (its start is not in the capture)");
    runs_[call.number];
}

void text_report::message(const call_label& call, const seen_message& seen) {
    runs& open = runs_[call.number];
    if (is_audio(seen.message.kind) && !all_) return add(call, open[static_cast<std::size_t>(seen.sender)], seen);
    show_all(call);
    const std::string length = fmt::format("{} B", seen.message.payload.size());
    line(call, seen, fmt::format("{:<8} {:>8}  {}", name_of(seen.message.kind), length, describe(seen)));
}

void text_report::add(const call_label& call, run& to, const seen_message& seen) {
    if (to.messages != 0 && to.first.message.kind != seen.message.kind) show(call, to);
    const std::size_t bytes = seen.message.payload.size();
    if (to.messages == 0) {
        to = {.bytes_min = bytes, .bytes_max = bytes, .first = seen};
        to.first.message.payload = {}; // not valid after this function returns
    }
    ++to.messages;
    to.bytes_min = std::min(to.bytes_min, bytes);
    to.bytes_max = std::max(to.bytes_max, bytes);
    to.duration += seen.duration;
    to.audio_encoding = seen.audio_encoding;
    to.peak_dbfs = std::max(to.peak_dbfs, seen.peak_dbfs);
}

void text_report::show(const call_label& call, run& done) {
    if (done.messages == 0) return;
    const std::string length = done.bytes_min == done.bytes_max
                                   ? fmt::format("{} B", done.bytes_max)
                                   : fmt::format("{} to {} B", done.bytes_min, done.bytes_max);
    line(call, done.first,
         fmt::format("{:<8} {:>8}  {} x {}  {}{}", name_of(done.first.message.kind), length, grouped(done.messages),
                     in_seconds(done.duration), peak(done.peak_dbfs), g711_mark(done.audio_encoding)));
    done.messages = 0;
}

void text_report::show_all(const call_label& call) {
    runs& open = runs_[call.number];
    // In the order of their starts.
    if (open[1].messages != 0 && open[1].first.where.at < open[0].first.where.at) show(call, open[1]);
    for (run& r : open)
        show(call, r);
}

void text_report::line(const call_label& call, const seen_message& seen, const std::string& what) {
    std::string text = call.has_clock() ? fmt::format("#{} {:>11.6f} {} {}", call.number,
                                                      std::chrono::duration<double>(seen.where.at).count(),
                                                      seen.sender == side::caller ? "->" : "<-", what)
                                        : fmt::format("{:>11}  {}", seen.where.offset, what);
    text.erase(text.find_last_not_of(' ') + 1);
    out_ << text << '\n';
}

void text_report::end(const call_label& call, const stream_findings& caller, const stream_findings& server) {
    show_all(call);
    runs_.erase(call.number);
    for (const stream_findings* s : {&caller, &server})
        if (call.has_clock() || s->bytes != 0 || s->end == ending::nonsense) summary(call, *s);
}

void text_report::summary(const call_label& call, const stream_findings& s) {
    const std::string head = call.has_clock() ? fmt::format("#{} ", call.number) : "";
    out_ << fmt::format("\n{}{}{}\n", head, s.sender == side::caller ? "caller -> server" : "server -> caller",
                        s.id ? "  id " + to_string(*s.id) : "");
    out_ << fmt::format("  messages  {} ({} bytes)\n", counts(s), grouped(s.bytes));
    for (const std::string& text : audio_lines(s))
        out_ << "  audio     " << text << '\n';
    out_ << "  ended     " << describe_end(s) << '\n';
    for (const auto& [f, r] : s.remarks.all())
        out_ << (rule_of(f).costs_call ? "  !         " : "  remark    ") << describe(f, r, call.has_clock()) << '\n';
    for (const diagnosis::finding& f : s.diagnoses)
        out_ << (f.weight == diagnosis::severity::finding ? "  !         " : "  remark    ") << to_text(f) << '\n';
    if (s.sender == side::server || !call.has_clock()) out_ << '\n';
}

void text_report::finish(const inspection_totals& totals) {
    if (totals.calls != 0) // otherwise the error message covers it
        for (const std::string& note : capture_notes(totals))
            out_ << note << '\n';
    if (totals.calls > 1)
        out_ << fmt::format("{} calls, {} with findings.\n", grouped(totals.calls),
                            grouped(totals.calls_with_findings));
    if (!totals.capture_failure.empty())
        out_ << fmt::format("The capture ends early, after {} packets ({}); the report covers the packets before.\n",
                            grouped(totals.packets), totals.capture_failure);
}

} // namespace audiosocket::app::inspect
