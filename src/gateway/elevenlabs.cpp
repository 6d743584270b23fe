// SPDX-License-Identifier: Apache-2.0
// elevenlabs: ElevenLabs Conversational AI. All messages are JSON text. Field names are those of the Python package
// elevenlabs 2.78 and of @elevenlabs/types 0.23.
//
// The agent decides the audio formats, and sends them in its first message.
#include "gateway/agent_audio.hpp"
#include "gateway/audio_messages.hpp"
#include "gateway/dialect_entry.hpp"
#include "gateway/json_message.hpp"
#include "gateway/reports.hpp"
#include "gateway/session_reader.hpp"
#include "gateway/typed_keys.hpp"

#include <boost/json/serialize.hpp>

#include <algorithm>
#include <array>
#include <optional>
#include <utility>

namespace audiosocket::gateway {
namespace json = boost::json;

namespace {

struct named_format {
    std::string_view name;
    payload_format format;
};

constexpr std::array<named_format, 7> formats{{{"pcm_8000", {encoding::slin, 8000}},
                                               {"pcm_16000", {encoding::slin, 16'000}},
                                               {"pcm_22050", {encoding::slin, 22'050}},
                                               {"pcm_24000", {encoding::slin, 24'000}},
                                               {"pcm_44100", {encoding::slin, 44'100}},
                                               {"pcm_48000", {encoding::slin, 48'000}},
                                               {"ulaw_8000", {encoding::ulaw, 8000}}}};

// The default of agents, and of the vendor's own clients.
constexpr payload_format default_format{encoding::slin, 16'000};

std::optional<payload_format> find_format(std::string_view name) {
    const auto found = std::ranges::find(formats, name, &named_format::name);
    if (found == formats.end()) return std::nullopt;
    return found->format;
}

// Messages that do not matter for the call.
constexpr std::array<std::string_view, 13> of_no_concern{"agent_chat_response_part",
                                                         "agent_response_complete",
                                                         "agent_response_metadata",
                                                         "agent_tool_request",
                                                         "asr_initiation_metadata",
                                                         "context_usage",
                                                         "internal_tentative_agent_response",
                                                         "internal_turn_probability",
                                                         "mcp_connection_status",
                                                         "mcp_tool_call",
                                                         "tentative_user_transcript",
                                                         "vad_score",
                                                         "agent_typing"};

void check(const json::object* session) {
    if (!session) return;
    constexpr std::string_view type = "conversation_initiation_client_data";
    if (session->contains("type") && text_at(*session, "type") != type)
        refuse_set_up("type is " + excerpt(json::serialize(session->at("type"))) + "; leave it out");
    for (const char* name : {"conversation_config_override", "custom_llm_extra_body", "dynamic_variables"})
        set_up_object(*session, name);
    if (session->contains("user_id") && !find_text(*session, "user_id"))
        refuse_set_up("user_id is not a text; write it in quotes");
}

class elevenlabs final : public dialect {
  public:
    explicit elevenlabs(json::object session) {
        session["type"] = "conversation_initiation_client_data";
        initiation_ = json::serialize(session);
    }

    // A guess until ready(), because the agent sends it late.
    int caller_rate_hz() const noexcept override { return caller_.rate_hz(); }

    void opened(time_point, dialect_output& out) override { out.send_text(initiation_); }

    void text(std::string_view received, time_point, dialect_output& out) override {
        const json_message read(received);
        if (!read) return report_ignored(out, {}, read.error());
        const auto& object = read.object();
        const auto type = text_at(object, "type");
        if (type == "audio") return play(object_at(object, "audio_event"), out);
        if (type == "ping") return pong(object_at(object, "ping_event"), out);
        if (type == "interruption") return interrupt(object_at(object, "interruption_event"), out);
        if (type == "conversation_initiation_metadata")
            return begin(object_at(object, "conversation_initiation_metadata_event"), out);
        if (type == "client_tool_call") return call_tool(object_at(object, "client_tool_call"), out);
        if (type == "agent_tool_response" || type == "agent_tool_response_full_payload")
            return tool_was_called(object_at(object, type), out);
        if (type == "error") return error(object_at(object, "error_event"), out);
        if (!converse(type, object, out) && std::ranges::find(of_no_concern, type) == of_no_concern.end())
            report_unknown(out, type);
    }

    void binary(std::span<const std::byte> received, time_point, dialect_output& out) override {
        report_binary(out, received.size());
    }

    void caller_audio(std::span<const std::int16_t> samples, time_point, dialect_output& out) override {
        caller_.add(samples, out);
    }

    // There is no message for keys, so the agent gets them as if the caller had said them.
    void caller_digit(char digit, time_point at, dialect_output& out) override {
        if (keys_.add(digit, at)) send_keys(out);
    }

    void played(const played_event&, dialect_output&) override {}
    void cleared(const cleared_event&, dialect_output&) override {}
    void call_ended(dialect_output&) override {}

    void tool_result(std::string_view id, std::string_view result, bool is_error, dialect_output& out) override {
        const json::object answer{{"type", "client_tool_result"},
                                  {"tool_call_id", json_text(id)},
                                  {"result", json_text(result)},
                                  {"is_error", is_error}};
        out.send_text(json::serialize(answer));
    }

    time_point deadline() const noexcept override { return keys_.deadline(); }

    void tick(time_point now, dialect_output& out) override {
        if (now >= keys_.deadline()) send_keys(out);
    }

  private:
    static audio_messages messages_of(payload_format format) { return {format, R"({"user_audio_chunk":")", R"("})"}; }

    void begin(const json::object& metadata, dialect_output& out) {
        if (audio_) return report_ignored(out, "conversation_initiation_metadata", "it was sent before");
        const auto read = [&](std::string_view name) -> std::optional<payload_format> {
            const auto said = find_text(metadata, name);
            if (!said) return default_format;
            const auto format = find_format(*said);
            if (!format)
                out.fail("the agent's " + std::string(name) + " is \"" + excerpt(*said) +
                         "\"; choose one of pcm_8000 to pcm_48000 or ulaw_8000 in its settings");
            return format;
        };
        const auto output = read("agent_output_audio_format");
        if (!output) return;
        const auto input = read("user_input_audio_format");
        if (!input) return;
        caller_ = messages_of(*input);
        audio_.emplace(*output);
        out.ready();
    }

    void play(const json::object& event, dialect_output& out) {
        if (!audio_) return report_ignored(out, "audio", "it comes before conversation_initiation_metadata");
        const auto audio = find_text(event, "audio_base_64");
        if (!audio) return report_ignored(out, "audio", "it has no audio_event.audio_base_64");
        const auto id = number_at(event, "event_id");
        if (id && interrupted_ && *id <= *interrupted_) return; // it was sent before the caller spoke
        audio_->play_base64(*audio, "audio", out);
    }

    void pong(const json::object& event, dialect_output& out) {
        const auto id = number_at(event, "event_id");
        if (!id) return report_ignored(out, "ping", "it has no ping_event.event_id");
        out.send_text(json::serialize(json::object{{"type", "pong"}, {"event_id", *id}}));
    }

    void interrupt(const json::object& event, dialect_output& out) {
        if (const auto id = number_at(event, "event_id")) interrupted_ = id;
        if (audio_) audio_->reset();
        out.clear();
    }

    static void call_tool(const json::object& call, dialect_output& out) {
        const auto id = text_at(call, "tool_call_id");
        const auto name = text_at(call, "tool_name");
        if (id.empty() || name.empty())
            return report_ignored(out, "client_tool_call", "it has no tool_call_id, or no tool_name");
        report_tool_call(out, id, name, json::serialize(object_at(call, "parameters")));
    }

    // The vendor's own clients end the session when the agent has used this tool.
    static void tool_was_called(const json::object& tool, dialect_output& out) {
        if (text_at(tool, "tool_name") == "end_call" && !flag_at(tool, "is_error"))
            out.hang_up(hang_up_time::when_played, "the agent used its tool end_call");
    }

    // A close follows most of them; its code says whether the session is lost.
    void error(const json::object& event, dialect_output& out) {
        std::string_view why;
        for (const char* name : {"message", "reason", "debug_message", "error_type"})
            if (why.empty()) why = text_at(event, name);
        if (why.empty()) why = "no description";
        const auto kind = text_at(event, "error_type");
        if (!audio_) return out.fail("the back end refuses the session: " + excerpt(why, explanation_bytes_max));
        if (kind == "max_duration_exceeded")
            return out.hang_up(hang_up_time::when_played, "the agent's longest duration has passed");
        report_warning(out, kind, why);
    }

    // Reports a message with spoken words. Returns whether this is such a message.
    static bool converse(std::string_view type, const json::object& message, dialect_output& out) {
        if (type == "user_transcript")
            report_words(out, "caller", text_at(object_at(message, "user_transcription_event"), "user_transcript"));
        else if (type == "agent_response")
            report_words(out, "agent", text_at(object_at(message, "agent_response_event"), "agent_response"));
        else if (type == "agent_response_correction")
            correct(text_at(object_at(message, "agent_response_correction_event"), "corrected_agent_response"), out);
        else
            return false;
        return true;
    }

    // Replaces the agent's last words by what it had said when it was interrupted.
    static void correct(std::string_view words, dialect_output& out) {
        dialect_report report;
        report.what = dialect_report::type::transcript;
        report.who = "agent";
        report.name = "correction";
        report.text = words;
        out.report(std::move(report));
    }

    void send_keys(dialect_output& out) {
        const json::object pressed{{"type", "user_message"}, {"text", json_text(keys_.take())}};
        out.send_text(json::serialize(pressed));
    }

    std::string initiation_;
    audio_messages caller_ = messages_of(default_format);
    std::optional<agent_audio> audio_; // set from the agent's first message on
    std::optional<std::int64_t> interrupted_;
    typed_keys keys_;
};

std::unique_ptr<dialect> make(call_context, json::object session, std::string) {
    return std::make_unique<elevenlabs>(std::move(session));
}

} // namespace

const dialect_entry elevenlabs_dialect{
    {.name = "elevenlabs", .speakers = "ElevenLabs Conversational AI", .subprotocol = "", .key = key_place::xi_key},
    check,
    make,
};

} // namespace audiosocket::gateway
