// SPDX-License-Identifier: Apache-2.0
#include "backend/audio_codec.hpp"
#include "backend/json_fields.hpp"
#include "backend/side.hpp"

#include <boost/json/array.hpp>
#include <boost/json/serialize.hpp>

#include <algorithm>
#include <array>
#include <string>
#include <utility>

namespace audiosocket::app::backend {
namespace {

namespace json = boost::json;

// "If omitted, defaults to encoding=linear16 and sample_rate=24000." (AgentV1SettingsAudio of deepgram-sdk 7.17)
constexpr audio_format default_format{encoding::slin, 24'000};

// Updates of the session, and how the service answers them.
constexpr std::array<std::pair<std::string_view, std::string_view>, 5> updates{{
    {"UpdateListen", "ListenUpdated"},
    {"UpdatePrompt", "PromptUpdated"},
    {"UpdateSpeak", "SpeakUpdated"},
    {"UpdateThink", "ThinkUpdated"},
    {"UpdateThink_Live", "ThinkLiveUpdated"},
}};

/// A service that speaks Deepgram Voice Agent: binary audio both ways, and JSON text beside it. Errors are fatal.
class deepgram_side final : public side {
  public:
    using side::side;

    int rate_hz() const noexcept override { return agent_.format().rate_hz; }
    int caller_rate_hz() const noexcept override { return caller_.format().rate_hz; }

    void opened() override { send("Welcome", {{"request_id", "00000000-0000-0000-0000-000000000001"}}); }

    void text(std::string_view message) override {
        const auto read = parse_object(message);
        if (!read) return refuse("UNPARSABLE_CLIENT_MESSAGE", "a text message that is not a JSON object");
        const auto type = text_at(*read, "type");
        if (type == "Settings") return set_up(*read);
        if (type == "KeepAlive") return;
        if (!started_) return refuse("SETTINGS_NOT_APPLIED", shown(type) + " before Settings");
        if (type == "FunctionCallResponse") return take_result(*read);
        if (type == "InjectUserMessage") return take_words(*read);
        if (type == "InjectAgentMessage" || type == "ForceEndTurn") return owner().noted(type, *read);
        const auto* update = std::ranges::find(updates, type, [](const auto& each) { return each.first; });
        if (update == updates.end()) return refuse("UNPARSABLE_CLIENT_MESSAGE", "an unknown message " + shown(type));
        owner().noted(type, *read);
        send(update->second);
    }

    void binary(std::span<const std::byte> message) override {
        if (!started_) return refuse("SETTINGS_NOT_APPLIED", "audio before Settings");
        const auto samples = caller_.decode(message);
        if (!samples) return owner().violated("a binary message without whole samples");
        owner().heard(*samples);
    }

    void play(std::span<const std::int16_t> samples) override {
        if (!std::exchange(speaking_, true))
            send("AgentStartedSpeaking", {{"total_latency", 0.0}, {"tts_latency", 0.0}, {"ttt_latency", 0.0}});
        owner().send_binary(agent_.encode(samples));
    }

    // There are no marks: all of the answer has been sent.
    void mark(std::string_view) override {
        if (std::exchange(speaking_, false)) send("AgentAudioDone");
    }

    // The peer has cleared its queue at UserStartedSpeaking.
    void clear() override { speaking_ = false; }

    void caller_speaks(bool speaks) override {
        if (speaks) send("UserStartedSpeaking");
    }

    void call_tool(const tool_call& tool) override {
        json::array functions;
        functions.push_back(json::object{{"id", json_text(tool.id)},
                                         {"name", json_text(tool.name)},
                                         {"arguments", json::serialize(tool.arguments)},
                                         {"client_side", true}});
        send("FunctionCallRequest", {{"functions", std::move(functions)}});
    }

  private:
    void send(std::string_view type, json::object rest = {}) {
        rest["type"] = json_text(type);
        owner().send_text(json::serialize(rest));
    }

    void refuse(std::string_view code, const std::string& why) {
        send("Error", {{"description", json_text(why)}, {"code", json_text(code)}});
        owner().violated(why);
        owner().close(1008, why);
    }

    // Reads the format of one direction. Refuses, and returns nothing, where the service does.
    std::optional<audio_format> read_format(const json::object& settings, std::string_view direction) {
        const auto& audio = object_at(object_at(settings, "audio"), direction);
        const auto where = "audio." + std::string(direction);
        auto format = default_format;
        if (audio.contains("encoding")) {
            const auto name = text_at(audio, "encoding");
            if (name == "mulaw") {
                format.coding = encoding::ulaw;
            } else if (name == "alaw") {
                format.coding = encoding::alaw;
            } else if (name != "linear16") {
                refuse("INVALID_SETTINGS",
                       where + ".encoding is " + shown(name) + "; this back end takes linear16, mulaw and alaw");
                return std::nullopt;
            }
        }
        if (audio.contains("sample_rate")) {
            const auto rate = number_at(audio, "sample_rate").value_or(0);
            if (rate < 8000 || rate > 48'000) {
                refuse("INVALID_SETTINGS", where + ".sample_rate is not a number from 8000 to 48000");
                return std::nullopt;
            }
            format.rate_hz = static_cast<int>(rate);
        }
        return format;
    }

    void set_up(const json::object& settings) {
        if (started_) return refuse("SETTINGS_ALREADY_APPLIED", "Settings a second time");
        const auto* agent = settings.if_contains("agent");
        if (agent == nullptr || !(agent->is_object() || agent->is_string()))
            return refuse("INVALID_SETTINGS", "agent is missing: it is an object, or the id of an agent");
        if (const auto* parts = agent->if_object())
            for (const auto* name : {"listen", "think", "speak"})
                if (!parts->contains(name))
                    return refuse("INVALID_SETTINGS", "agent." + std::string(name) + " is missing");
        const auto in = read_format(settings, "input");
        if (!in) return;
        const auto out = read_format(settings, "output");
        if (!out) return;
        const auto container = text_at(object_at(object_at(settings, "audio"), "output"), "container");
        if (!container.empty() && container != "none")
            return refuse("INVALID_SETTINGS",
                          "audio.output.container is " + shown(container) + "; this back end takes \"none\"");
        caller_ = audio_codec(*in);
        agent_ = audio_codec(*out);
        started_ = true;
        send("SettingsApplied");
        owner().started({"request-1", {}, format_text(*in, *out), settings});
    }

    void take_result(const json::object& message) {
        const auto id = text_at(message, "id");
        if (!owner().answered({id, text_at(message, "name"), text_at(message, "content")}))
            refuse("FUNCTION_CALL_NOT_FOUND",
                   "FunctionCallResponse for " + shown(id) + ", which is not pending under this name");
    }

    void take_words(const json::object& message) {
        owner().noted("InjectUserMessage", message);
        send("ConversationText", {{"role", "user"}, {"content", json_text(text_at(message, "content"))}});
    }

    audio_codec caller_{default_format};
    audio_codec agent_{default_format};
    bool started_ = false;
    bool speaking_ = false;
};

} // namespace

std::unique_ptr<side> make_deepgram_side(side_owner& owner) {
    return std::make_unique<deepgram_side>(owner);
}

} // namespace audiosocket::app::backend
