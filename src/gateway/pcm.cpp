// SPDX-License-Identifier: Apache-2.0
// pcm: raw linear audio in binary messages in both directions, with small JSON texts beside it, like the `listen` (or
// `stream`) verb of jambonz. Field names are those of @jambonz/sdk 0.10 (AudioStream) and of its server.
#include "gateway/agent_audio.hpp"
#include "gateway/dialect_entry.hpp"
#include "gateway/json_message.hpp"
#include "gateway/pending_marks.hpp"
#include "gateway/reports.hpp"
#include "gateway/sample_frames.hpp"
#include "gateway/session_reader.hpp"
#include "gateway/wav_clip.hpp"
#include <audiosocket/gateway/base64.hpp>

#include <boost/json/serialize.hpp>

#include <algorithm>
#include <array>
#include <utility>

namespace audiosocket::gateway {
namespace json = boost::json;

namespace {

// The rates that jambonz offers, and those of the sound files of Asterisk between them.
constexpr std::array<int, 7> rates_hz{8000, 16'000, 24'000, 32'000, 44'100, 48'000, 64'000};
constexpr std::string_view rates_text = "8000, 16000, 24000, 32000, 44100, 48000 or 64000";

// The rate if the session set-up names none: that of jambonz.
constexpr int default_rate_hz = 8000;

// Kinds of pending marks.
constexpr int named_mark = 0;
constexpr int start_of_clip = 1;
constexpr int end_of_clip = 2;
constexpr int end_of_nameless_clip = 3;

bool is_rate(std::int64_t rate_hz) {
    return std::ranges::find(rates_hz, rate_hz) != rates_hz.end();
}

void check(const json::object* session) {
    if (!session) return;
    for (const auto& [name, value] : *session) {
        if (name != "sampleRate")
            refuse_set_up(excerpt(std::string_view(name)) + " is unknown; this dialect takes only sampleRate");
        const auto* rate = value.if_int64();
        if (!rate || !is_rate(*rate))
            refuse_set_up("sampleRate is " + excerpt(json::serialize(value)) + "; write " + std::string(rates_text));
    }
}

class pcm final : public dialect {
  public:
    pcm(call_context context, const json::object& session, std::string stream_id)
        : context_(std::move(context)), stream_id_(std::move(stream_id)),
          rate_hz_(static_cast<int>(number_at(session, "sampleRate").value_or(default_rate_hz))) {}

    int caller_rate_hz() const noexcept override { return rate_hz_; }

    void opened(time_point, dialect_output& out) override {
        json::object first; // registered values are fields of the message itself, like the metadata of the verb
        for (const auto& [name, value] : context_.parameters)
            first[name] = json_text(value);
        if (const auto account = context_.parameters.find("account_sid"); account != context_.parameters.end())
            first["accountSid"] = json_text(account->second);
        first["callSid"] = json_text(to_string(context_.id));
        first["callId"] = json_text(stream_id_);
        first["from"] = json_text(context_.from);
        first["to"] = json_text(context_.to);
        first["direction"] = "inbound";
        first["sampleRate"] = rate_hz_;
        first["mixType"] = "mono";
        out.send_text(json::serialize(first));
        out.ready();
    }

    void text(std::string_view received, time_point, dialect_output& out) override {
        const json_message read(received);
        if (!read) return report_ignored(out, {}, read.error());
        const auto type = text_at(read.object(), "type");
        const auto& data = object_at(read.object(), "data");
        if (type == "killAudio") return clear(out);
        if (type == "mark") return mark(data, out);
        if (type == "clearMarks") return clear_marks(out);
        if (type == "playAudio") return play_clip(data, out);
        if (type == "disconnect") return out.hang_up(hang_up_time::when_played, "the back end sent \"disconnect\"");
        report_unknown(out, type);
    }

    void binary(std::span<const std::byte> received, time_point, dialect_output& out) override {
        audio_.play(received, "binary", out);
    }

    void caller_audio(std::span<const std::int16_t> samples, time_point, dialect_output& out) override {
        frames_.add(samples, [&](std::span<const std::int16_t> frame) { send(frame, out); });
    }

    void caller_digit(char digit, time_point, dialect_output& out) override {
        // AudioSocket does not say how long the key was pressed.
        const json::object pressed{{"event", "dtmf"}, {"dtmf", json_text({&digit, 1})}, {"duration", 0}};
        out.send_text(json::serialize(pressed));
    }

    void played(const played_event& what, dialect_output& out) override {
        settle(what.mark, "playout", what.sent, out);
    }

    void cleared(const cleared_event& what, dialect_output& out) override {
        settle(what.mark, "cleared", what.sent, out);
    }

    void call_ended(dialect_output& out) override {
        frames_.finish([&](std::span<const std::int16_t> frame) { send(frame, out); });
    }

  private:
    void send(std::span<const std::int16_t> frame, dialect_output& out) {
        bytes_.resize(frame.size() * sizeof(std::int16_t));
        encode(encoding::slin, frame, bytes_);
        out.send_binary(bytes_);
    }

    void clear(dialect_output& out) {
        audio_.reset();
        out.clear();
    }

    void mark(const json::object& data, dialect_output& out) {
        const auto name = find_text(data, "name");
        if (!name) return report_ignored(out, "mark", "it has no data.name");
        add_mark(*name, named_mark, "mark", out);
    }

    bool add_mark(std::string_view name, int kind, std::string_view type, dialect_output& out) {
        if (const auto refusal = marks_.refusal(name); !refusal.empty()) {
            report_ignored(out, type, std::string(refusal));
            return false;
        }
        out.mark(marks_.add(name, kind));
        return true;
    }

    // The audio between the marks is played; only the reports of the marks are sent now.
    void clear_marks(dialect_output& out) {
        marks_.for_each([&](pending_marks::mark& one) {
            if (one.kind != named_mark || std::exchange(one.settled, true)) return;
            send_mark(one.name, "cleared", out);
        });
    }

    void play_clip(const json::object& data, dialect_output& out) {
        const auto content = find_text(data, "audioContent");
        if (!content) return report_ignored(out, "playAudio", "it has no data.audioContent");
        const auto bytes = decode_base64(*content);
        if (!bytes) return report_ignored(out, "playAudio", "its audioContent is not base64");
        const auto clip = clip_of(data, *bytes);
        if (!clip.fault.empty()) return report_ignored(out, "playAudio", clip.fault);
        const auto id = find_text(data, "id");
        if (const auto refusal = marks_.refusal(id.value_or("")); !refusal.empty())
            return report_ignored(out, "playAudio", std::string(refusal));

        // Audio before it is cut off, or ends in a mark of its own, so that the milliseconds count only the clip.
        if (!flag_at(data, "queuePlay"))
            clear(out);
        else if (!add_mark({}, start_of_clip, "playAudio", out))
            return;
        agent_audio(clip.format).play(clip.audio, "playAudio", out);
        add_mark(id.value_or(""), id ? end_of_clip : end_of_nameless_clip, "playAudio", out);
    }

    // Returns the audio of playAudio, or what is wrong with it.
    wav_clip clip_of(const json::object& data, std::span<const std::byte> bytes) const {
        const auto type = find_text(data, "audioContentType").value_or("raw");
        if (type == "wav" || type == "wave") return read_wav(bytes);
        if (type != "raw") return {{}, {}, "its audioContentType is \"" + excerpt(type) + "\"; use raw or wav"};
        const auto rate_hz = data.contains("sampleRate") ? number_at(data, "sampleRate").value_or(0) : rate_hz_;
        if (!is_rate(rate_hz)) return {{}, {}, "its sampleRate is not one of " + std::string(rates_text)};
        return {{encoding::slin, static_cast<int>(rate_hz)}, bytes, {}};
    }

    void settle(std::string_view queue_name, std::string_view event, std::chrono::milliseconds sent,
                dialect_output& out) {
        const auto reached = marks_.take(queue_name);
        if (!reached || reached->settled || reached->kind == start_of_clip) return;
        if (reached->kind == named_mark) return send_mark(reached->name, event, out);
        // In jambonz the milliseconds are text, and are also sent for a clip that was cut off.
        json::object data{{"playbackMilliseconds", json_text(std::to_string(sent.count()))}};
        if (reached->kind == end_of_clip) data["id"] = json_text(reached->name);
        out.send_text(json::serialize(json::object{{"type", "playDone"}, {"data", std::move(data)}}));
    }

    void send_mark(std::string_view name, std::string_view event, dialect_output& out) {
        const json::object report{{"type", "mark"}, {"data", {{"name", json_text(name)}, {"event", json_text(event)}}}};
        out.send_text(json::serialize(report));
    }

    call_context context_;
    std::string stream_id_;
    int rate_hz_;
    sample_frames frames_{static_cast<std::size_t>(rate_hz_ / 50)};
    std::vector<std::byte> bytes_;
    agent_audio audio_{{encoding::slin, rate_hz_}};
    pending_marks marks_;
};

std::unique_ptr<dialect> make(call_context context, json::object session, std::string stream_id) {
    return std::make_unique<pcm>(std::move(context), session, std::move(stream_id));
}

} // namespace

const dialect_entry pcm_dialect{
    {.name = "pcm", .speakers = "servers for the listen verb of jambonz", .subprotocol = "audio.drachtio.org"},
    check,
    make,
};

} // namespace audiosocket::gateway
