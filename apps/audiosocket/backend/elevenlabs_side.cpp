// SPDX-License-Identifier: Apache-2.0
#include "backend/audio_codec.hpp"
#include "backend/json_fields.hpp"
#include "backend/side.hpp"

#include <boost/json/serialize.hpp>

#include <algorithm>
#include <array>
#include <chrono>
#include <map>
#include <string>
#include <utility>

namespace audiosocket::app::backend {
namespace {

namespace json = boost::json;

// The default of agents.
constexpr audio_format agent_format{encoding::slin, 16'000};
constexpr std::string_view format_name = "pcm_16000";

// The fields that clients of elevenlabs 2.78 send.
constexpr std::array<std::string_view, 6> initiation_fields{
    "type", "conversation_config_override", "custom_llm_extra_body", "dynamic_variables", "source_info", "user_id"};

// Pings without a pong: with one in two seconds, the peer has answered none for a minute.
constexpr std::size_t pings_max = 30;

/// An agent that speaks ElevenLabs Conversational AI: JSON text both ways. The agent decides the audio formats.
class elevenlabs_side final : public side {
  public:
    using side::side;

    int rate_hz() const noexcept override { return agent_format.rate_hz; }

    void text(std::string_view message) override {
        const auto read = parse_object(message);
        if (!read) return refuse("a text message that is not a JSON object");
        if (read->contains("user_audio_chunk")) return hear(*read);
        const auto type = text_at(*read, "type");
        if (type == "conversation_initiation_client_data") return initiate(*read);
        if (!started_) return refuse(shown(type) + " before conversation_initiation_client_data");
        if (type == "pong") return take_pong(*read);
        if (type == "client_tool_result") return take_result(*read);
        if (type == "user_message" || type == "user_activity" || type == "contextual_update" || type == "feedback" ||
            type == "multimodal_message")
            return owner().noted(type, *read);
        refuse("an unknown message " + shown(type));
    }

    void binary(std::span<const std::byte>) override { owner().violated("a binary message"); }

    void play(std::span<const std::int16_t> samples) override {
        to_interrupt_ = true;
        message_ = R"({"type":"audio","audio_event":{"audio_base_64":")";
        agent_.append_base64(message_, samples);
        message_ += R"(","event_id":)" + std::to_string(++events_) + "}}";
        owner().send_text(message_);
    }

    // The dialect has no marks, and no end of an answer.
    void mark(std::string_view) override {}

    // Audio up to this event is not to be played.
    void clear() override {
        if (!std::exchange(to_interrupt_, false)) return;
        send("interruption", "interruption_event", {{"event_id", events_}, {"reason", "user"}});
    }

    void call_tool(const tool_call& tool) override {
        send("client_tool_call", "client_tool_call",
             {{"tool_name", json_text(tool.name)},
              {"tool_call_id", json_text(tool.id)},
              {"parameters", tool.arguments},
              {"event_id", ++events_}});
    }

    // Each ping repeats how long the pong before took; the first has nothing to repeat.
    void ping() override {
        if (pings_.size() == pings_max) {
            if (!std::exchange(mute_, true)) owner().violated("30 pings without a pong");
            return;
        }
        json::object event{{"event_id", ++events_}, {"ping_ms", nullptr}};
        if (ping_ms_ >= 0) event["ping_ms"] = ping_ms_;
        pings_.emplace(events_, clock::now());
        send("ping", "ping_event", std::move(event));
    }

    void expire() override {
        send("error", "error_event",
             {{"error_type", "max_duration_exceeded"}, {"message", "The conversation has reached its longest time."}});
        owner().close(1000, "the longest time of a conversation");
    }

  private:
    using clock = std::chrono::steady_clock;

    void send(const char* type, const char* event_name, json::object event) {
        owner().send_text(json::serialize(json::object{{"type", type}, {event_name, std::move(event)}}));
    }

    void refuse(const std::string& why) {
        owner().violated(why);
        owner().close(1008, why);
    }

    void initiate(const json::object& message) {
        if (started_) return refuse("conversation_initiation_client_data a second time");
        for (const auto& field : message)
            if (std::ranges::find(initiation_fields, std::string_view(field.key())) == initiation_fields.end())
                return refuse("conversation_initiation_client_data with the unknown field " + shown(field.key()));
        for (const auto* name : {"conversation_config_override", "custom_llm_extra_body", "dynamic_variables"})
            if (const auto* part = message.if_contains(name); part != nullptr && !part->is_object())
                return refuse(std::string(name) + " is not an object");
        started_ = true;
        send("conversation_initiation_metadata", "conversation_initiation_metadata_event",
             {{"conversation_id", "conv_1"},
              {"agent_output_audio_format", json_text(format_name)},
              {"user_input_audio_format", json_text(format_name)}});
        owner().started({"conv_1", {}, format_text(agent_format, agent_format), message});
    }

    void hear(const json::object& message) {
        if (!started_) return refuse("audio before conversation_initiation_client_data");
        if (message.size() > 1) return refuse("user_audio_chunk with other fields beside it");
        const auto samples = caller_.decode_base64(text_at(message, "user_audio_chunk"));
        if (!samples) return refuse("user_audio_chunk is not whole samples in base64");
        owner().heard(*samples);
    }

    void take_pong(const json::object& message) {
        const auto sent = pings_.find(number_at(message, "event_id").value_or(-1));
        if (sent == pings_.end()) return refuse("a pong with an event_id of no ping");
        ping_ms_ = std::chrono::duration_cast<std::chrono::milliseconds>(clock::now() - sent->second).count();
        pings_.erase(sent);
    }

    void take_result(const json::object& message) {
        const auto* failed = message.if_contains("is_error");
        if (failed == nullptr || !failed->is_bool())
            return refuse("client_tool_result whose is_error is not a boolean");
        const auto* result = message.if_contains("result");
        const auto text = result == nullptr     ? std::string()
                          : result->is_string() ? std::string(result->get_string())
                                                : json::serialize(*result);
        const auto id = text_at(message, "tool_call_id");
        if (!owner().answered({id, {}, text, failed->get_bool()}))
            refuse("client_tool_result for " + shown(id) + ", which is not pending");
    }

    audio_codec caller_{agent_format};
    audio_codec agent_{agent_format};
    bool started_ = false;
    bool to_interrupt_ = false; // something of the agent may still be heard
    bool mute_ = false;         // the peer answers no pings, which was reported
    std::int64_t events_ = 0;
    std::int64_t ping_ms_ = -1; // of the last pong; -1 before it
    std::map<std::int64_t, clock::time_point> pings_;
    std::string message_;
};

} // namespace

std::unique_ptr<side> make_elevenlabs_side(side_owner& owner) {
    return std::make_unique<elevenlabs_side>(owner);
}

} // namespace audiosocket::app::backend
