// SPDX-License-Identifier: Apache-2.0
#include "tape/tape_summary.hpp"

#include "base/json_text.hpp"

#include <audiosocket/audio/duration.hpp>

#include <boost/json/array.hpp>
#include <boost/json/parse.hpp>

#include <fmt/format.h>

#include <algorithm>

namespace audiosocket::app::tape {
namespace {

namespace json = boost::json;

// The highest rate of a call.
constexpr std::int64_t rate_max_hz = 768'000;
constexpr std::int64_t play_seconds_max = 3600;

double seconds(std::chrono::nanoseconds d) {
    return rounded(std::chrono::duration<double>(d).count());
}

void count(std::map<std::string, std::uint64_t>& in, std::string type) {
    if (in.size() >= tape_summary::types_max && !in.contains(type)) type = "other";
    ++in[std::move(type)];
}

json::object to_object(const std::map<std::string, std::uint64_t>& from) {
    json::object all;
    for (const auto& [type, messages] : from)
        all[type] = messages;
    return all;
}

json::value or_null(const std::optional<std::chrono::milliseconds>& d) {
    return d ? json::value(seconds(*d)) : json::value();
}

} // namespace

std::string message_type(const tape_entry& message) {
    constexpr std::size_t shown_max = 60;
    if (message.fields.contains("binary")) return "binary";
    const auto text = message.text("text");
    boost::system::error_code error;
    const auto value = json::parse(json::string_view(text.data(), text.size()), error);
    if (error || !value.is_object() || value.as_object().empty()) return "text";
    const auto& all = value.as_object();
    for (const char* name : {"type", "event"})
        if (const auto* found = all.if_contains(name); found != nullptr && found->is_string())
            return std::string(found->as_string()).substr(0, shown_max);
    return std::string(all.begin()->key()).substr(0, shown_max);
}

std::chrono::nanoseconds caller_audio_length(const tape_entry& audio) {
    const auto rate = audio.number("rate");
    if (rate <= 0 || rate > rate_max_hz) return {};
    const auto text = audio.text("samples");
    const auto padding = static_cast<std::size_t>(std::count(text.begin(), text.end(), '='));
    const auto bytes = (text.size() - std::min(padding, text.size())) * 3 / 4;
    return duration_of(bytes / sizeof(std::int16_t), static_cast<int>(rate));
}

std::chrono::nanoseconds play_length(const tape_entry& play) {
    const auto rate = play.number("rate");
    if (rate <= 0 || rate > rate_max_hz) return {};
    const auto samples = std::clamp<std::int64_t>(play.number("count"), 0, rate * play_seconds_max);
    return duration_of(static_cast<std::uint64_t>(samples), static_cast<int>(rate));
}

tape_turn read_turn(const tape_entry& turn) {
    tape_turn one{turn.at, turn.number("total_ms"), {}, turn.number("backend_ms"), turn.number("queue_ms")};
    if (turn.fields.contains("network_ms")) one.network_ms = turn.number("network_ms");
    return one;
}

std::string to_text(const tape_turn& one) {
    return fmt::format("answered after {} ms: {}back end {}, queue {}", one.total_ms,
                       one.network_ms ? fmt::format("network {}, ", *one.network_ms) : "", one.back_end_ms,
                       one.queue_ms);
}

// Adds up time in which a back end may send and does not.
void tape_summary::watch_silence(std::chrono::milliseconds now) {
    if (!last_heard_ || now - *last_heard_ <= longest_silence) return;
    longest_silence = now - *last_heard_;
    longest_silence_at = *last_heard_;
}

void tape_summary::add(const tape_entry& one) {
    length = std::max(length, one.at);
    watch_silence(one.at);
    if (one.what == "audio") {
        caller_audio += caller_audio_length(one);
    } else if (one.what == "digit") {
        ++digits;
    } else if (one.what == "play") {
        (one.flag("refused") ? agent_audio_refused : agent_audio) += play_length(one);
        if (!agent_spoke_at) agent_spoke_at = one.at;
    } else if (one.what == "clear") {
        clearing_ = true;
    } else if (one.what == "cleared") {
        if (clearing_ && one.number("cut_ms") > 0) {
            ++barge_ins;
            clearing_ = false;
        }
    } else if (one.what == "turn") {
        ++turn_count;
        if (turns.size() < turns_max) turns.push_back(read_turn(one));
    } else if (one.what == "sent") {
        count(sent, message_type(one));
    } else if (one.what == "received") {
        count(received, message_type(one));
        last_heard_ = one.at;
    } else if (one.what == "open") {
        ++connections;
        last_heard_ = one.at;
    } else if (one.what == "ready") {
        if (!ready_at) ready_at = one.at;
    } else if (one.what == "closed" || one.what == "dropped" || one.what == "ended") {
        last_heard_.reset();
        const auto reason = one.text("reason");
        if (one.what == "ended") ended = reason;
        if (one.what == "closed")
            close = fmt::format("code {}{}{}", one.number("code"), reason.empty() ? "" : ": ", reason);
        if (one.what == "dropped") close = "given up by the gateway";
    } else if (one.what == "left_out") {
        lines_left_out += static_cast<std::uint64_t>(std::max<std::int64_t>(one.number("lines"), 0));
    } else if (one.what == "full") {
        full = true;
    }
}

json::object tape_summary::to_json() const {
    json::array listed;
    for (const auto& one : turns) {
        listed.push_back(json::object{{"at", seconds(one.at)},
                                      {"total_ms", one.total_ms},
                                      {"network_ms", one.network_ms ? json::value(*one.network_ms) : json::value()},
                                      {"backend_ms", one.back_end_ms},
                                      {"queue_ms", one.queue_ms}});
    }
    return {{"seconds", seconds(length)},
            {"caller_seconds", seconds(caller_audio)},
            {"audio_seconds", seconds(agent_audio)},
            {"audio_refused_seconds", seconds(agent_audio_refused)},
            {"first_audio_at", or_null(agent_spoke_at)},
            {"ready_at", or_null(ready_at)},
            {"connections", connections},
            {"digits", digits},
            {"barge_ins", barge_ins},
            {"turn_count", turn_count},
            {"turns", std::move(listed)},
            {"sent", to_object(sent)},
            {"received", to_object(received)},
            {"longest_silence_seconds", seconds(longest_silence)},
            {"longest_silence_at", seconds(longest_silence_at)},
            {"end", ended},
            {"close", close},
            {"lines_left_out", lines_left_out},
            {"full", full}};
}

} // namespace audiosocket::app::tape
