// SPDX-License-Identifier: Apache-2.0
#include "backend/audio_codec.hpp"
#include "backend/json_fields.hpp"
#include "backend/side.hpp"

#include <boost/json/array.hpp>
#include <boost/json/serialize.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <string>
#include <utility>

namespace audiosocket::app::backend {
namespace {

namespace json = boost::json;

constexpr audio_format caller_format{encoding::slin, 16'000};
constexpr audio_format agent_format{encoding::slin, 24'000};

// The fields of LiveClientSetup and LiveClientRealtimeInput in google-genai 3.6.
constexpr std::array<std::string_view, 16> setup_fields{"model",
                                                        "generationConfig",
                                                        "systemInstruction",
                                                        "tools",
                                                        "toolConfig",
                                                        "realtimeInputConfig",
                                                        "sessionResumption",
                                                        "contextWindowCompression",
                                                        "proactivity",
                                                        "inputAudioTranscription",
                                                        "outputAudioTranscription",
                                                        "explicitVadSignal",
                                                        "safetySettings",
                                                        "historyConfig",
                                                        "avatarConfig",
                                                        "labels"};
constexpr std::array<std::string_view, 7> input_fields{"audio",         "mediaChunks", "video",         "text",
                                                       "activityStart", "activityEnd", "audioStreamEnd"};

// A handle holds the number of connections that the session has had: nothing else of a session is remembered.
constexpr std::string_view handle_prefix = "audiosocket-backend-";

// The service takes each name as fieldName and as field_name.
std::string camel_case(std::string_view name) {
    std::string text;
    for (std::size_t i = 0; i < name.size(); ++i) {
        const bool joint = name[i] == '_' && i + 1 < name.size() && name[i + 1] >= 'a' && name[i + 1] <= 'z';
        text += joint ? static_cast<char>(name[++i] - 'a' + 'A') : name[i];
    }
    return text;
}

// Returns the field with this name in camel case; null where there is none.
const json::value* find_field(const json::object& in, std::string_view name) {
    const auto found =
        std::ranges::find_if(in, [&](const auto& field) { return camel_case(std::string_view(field.key())) == name; });
    return found == in.end() ? nullptr : &found->value();
}

const json::object& object_field(const json::object& in, std::string_view name) {
    static const json::object none;
    const auto* found = find_field(in, name);
    return found != nullptr && found->is_object() ? found->get_object() : none;
}

const json::array& array_field(const json::object& in, std::string_view name) {
    static const json::array none;
    const auto* found = find_field(in, name);
    return found != nullptr && found->is_array() ? found->get_array() : none;
}

std::string text_field(const json::object& in, std::string_view name) {
    const auto* found = find_field(in, name);
    return found != nullptr && found->is_string() ? std::string(found->get_string()) : std::string();
}

// Returns the first name that is not in the list; empty if all are.
std::string unknown_field(const json::object& in, std::span<const std::string_view> names) {
    for (const auto& field : in)
        if (std::ranges::find(names, camel_case(std::string_view(field.key()))) == names.end())
            return std::string(field.key());
    return {};
}

/// A service that speaks Gemini Live: JSON text both ways. A violation ends the connection.
class gemini_side final : public side {
  public:
    using side::side;

    int rate_hz() const noexcept override { return agent_format.rate_hz; }
    int caller_rate_hz() const noexcept override { return caller_format.rate_hz; }

    void text(std::string_view message) override {
        const auto read = parse_object(message);
        if (!read) return refuse(1007, "Invalid JSON payload received: a message that is not a JSON object");
        if (read->size() != 1)
            return refuse(1007, "a message with " + std::to_string(read->size()) + " fields; it has exactly one");
        const auto kind = camel_case(std::string_view(read->begin()->key()));
        const auto* content = read->begin()->value().if_object();
        if (content == nullptr) return refuse(1007, shown(kind) + " is not an object");
        if (!started_ && kind != "setup") return refuse(1007, shown(kind) + " before \"setup\"");
        if (kind == "setup") return set_up(*content);
        if (kind == "realtimeInput") return take_input(*content);
        if (kind == "toolResponse") return take_results(*content);
        if (kind == "clientContent" || kind == "contextUpdate") return owner().noted(kind, *content);
        refuse(1007, "Invalid JSON payload received. Unknown name " + shown(kind) + ": Cannot find field.");
    }

    // The service takes JSON in binary messages as well.
    void binary(std::span<const std::byte> message) override {
        text({reinterpret_cast<const char*>(message.data()), message.size()});
    }

    void play(std::span<const std::int16_t> samples) override {
        if (!std::exchange(generating_, true) && resumes_) send({{"sessionResumptionUpdate", json::object()}});
        to_interrupt_ = true;
        message_ = R"({"serverContent":{"modelTurn":{"role":"model","parts":[{"inlineData":{"mimeType":)"
                   R"("audio/pcm;rate=24000","data":")";
        agent_.append_base64(message_, samples);
        message_ += R"("}}]}}})";
        owner().send_text(message_);
    }

    // There are no marks: the turn is complete.
    void mark(std::string_view) override {
        if (!std::exchange(generating_, false)) return;
        send({{"serverContent", {{"generationComplete", true}}}});
        end_turn();
    }

    void clear() override {
        if (!std::exchange(to_interrupt_, false)) return;
        generating_ = false;
        send({{"serverContent", {{"interrupted", true}}}});
        end_turn();
    }

    void call_tool(const tool_call& tool) override {
        json::array calls;
        calls.push_back(
            json::object{{"id", json_text(tool.id)}, {"name", json_text(tool.name)}, {"args", tool.arguments}});
        send({{"toolCall", {{"functionCalls", std::move(calls)}}}});
    }

    void announce_end(std::chrono::milliseconds left) override {
        send({{"goAway", {{"timeLeft", fmt::format("{:.3f}s", static_cast<double>(left.count()) / 1000)}}}});
    }

    void expire() override { owner().close(1008, "The connection has reached its longest time."); }

  private:
    void send(const json::object& message) { owner().send_text(json::serialize(message)); }

    void refuse(std::uint16_t code, const std::string& why) {
        owner().violated(why);
        owner().close(code, why);
    }

    void end_turn() {
        send({{"serverContent", {{"turnComplete", true}}}, {"usageMetadata", {{"totalTokenCount", 1}}}});
        send_handle();
    }

    void send_handle() {
        if (!resumes_) return;
        const auto handle = std::string(handle_prefix) + std::to_string(connections_);
        send({{"sessionResumptionUpdate", {{"newHandle", json_text(handle)}, {"resumable", true}}}});
    }

    void set_up(const json::object& setup) {
        if (started_) return refuse(1007, "\"setup\" a second time; it is the first message and only the first");
        if (const auto name = unknown_field(setup, setup_fields); !name.empty())
            return refuse(1007, "Invalid JSON payload received. Unknown name " + shown(name) +
                                    " at 'setup': Cannot find field.");
        const auto model = text_field(setup, "model");
        if (model.find('/') == model.npos)
            return refuse(1008, "setup.model is " + shown(model) + "; it is not found. Write \"models/\" and its name");
        if (!speaks(object_field(setup, "generationConfig")))
            return refuse(1007, "setup.generationConfig.responseModalities is not [\"AUDIO\"]; a call needs it");
        const auto* resumption = find_field(setup, "sessionResumption");
        resumes_ = resumption != nullptr && resumption->is_object();
        const auto handle = text_field(object_field(setup, "sessionResumption"), "handle");
        if (!handle.empty() && !resume(handle)) return refuse(1008, "session not found: " + shown(handle));
        started_ = true;
        send({{"setupComplete", json::object()}});
        owner().started(
            {"session-1", handle, format_text(caller_format, agent_format), setup, /*resumed*/ !handle.empty()});
        send_handle();
    }

    static bool speaks(const json::object& generation) {
        const auto& modalities = array_field(generation, "responseModalities");
        return modalities.size() == 1 && modalities.front().is_string() &&
               (modalities.front().get_string() == "AUDIO" || modalities.front().get_string() == "audio");
    }

    bool resume(std::string_view handle) {
        if (!handle.starts_with(handle_prefix)) return false;
        handle.remove_prefix(handle_prefix.size());
        unsigned before = 0;
        const auto read = std::from_chars(handle.data(), handle.data() + handle.size(), before);
        if (read.ec != std::errc{} || read.ptr != handle.data() + handle.size()) return false;
        connections_ = before + 1;
        return true;
    }

    void take_input(const json::object& input) {
        if (const auto name = unknown_field(input, input_fields); !name.empty())
            return refuse(1007, "Invalid JSON payload received. Unknown name " + shown(name) +
                                    " at 'realtime_input': Cannot find field.");
        for (const auto& chunk : array_field(input, "mediaChunks")) { // the older name for audio
            const auto* blob = chunk.if_object();
            if (!hear(blob != nullptr ? *blob : json::object())) return;
        }
        if (find_field(input, "audio") != nullptr && !hear(object_field(input, "audio"))) return;
        for (const auto* name : {"text", "activityStart", "activityEnd", "audioStreamEnd"})
            if (find_field(input, name) != nullptr) owner().noted(name, input);
    }

    bool hear(const json::object& blob) {
        const auto type = text_field(blob, "mimeType");
        if (type != "audio/pcm;rate=16000" && type != "audio/pcm") {
            refuse(1007,
                   "realtimeInput.audio.mimeType is " + shown(type) + "; this back end takes audio/pcm;rate=16000");
            return false;
        }
        const auto samples = caller_.decode_base64(text_field(blob, "data"));
        if (!samples) {
            refuse(1007, "realtimeInput.audio.data is not whole samples in base64");
            return false;
        }
        owner().heard(*samples);
        return true;
    }

    void take_results(const json::object& response) {
        const auto& results = array_field(response, "functionResponses");
        if (results.empty()) return refuse(1007, "toolResponse without functionResponses");
        for (const auto& one : results) {
            const auto* result = one.if_object();
            const auto* content = result != nullptr ? find_field(*result, "response") : nullptr;
            if (content == nullptr || !content->is_object())
                return refuse(1007, "a function response whose \"response\" is not an object");
            const auto id = text_field(*result, "id");
            if (!owner().answered({id, text_field(*result, "name"), json::serialize(*content),
                                   content->get_object().contains("error")}))
                return refuse(1007, "a function response for " + shown(id) + ", which is not pending under this name");
        }
    }

    audio_codec caller_{caller_format};
    audio_codec agent_{agent_format};
    bool started_ = false;
    bool resumes_ = false;      // the peer wants handles
    bool generating_ = false;   // a turn is not complete
    bool to_interrupt_ = false; // something of the agent may still be heard
    unsigned connections_ = 1;  // that the session has had
    std::string message_;
};

} // namespace

std::unique_ptr<side> make_gemini_side(side_owner& owner) {
    return std::make_unique<gemini_side>(owner);
}

} // namespace audiosocket::app::backend
