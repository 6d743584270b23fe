// SPDX-License-Identifier: Apache-2.0
#include "gateway/openai_settings.hpp"

#include "gateway/json_message.hpp"
#include "gateway/session_reader.hpp"

#include <boost/json/array.hpp>

#include <algorithm>
#include <array>
#include <utility>

namespace audiosocket::gateway {
namespace json = boost::json;

namespace {

// "Only a 24kHz sample rate is supported." (RealtimeAudioFormats of the published client)
constexpr std::array pcm_rates{24000};

// Names of the API before its general availability, and where these settings are now.
constexpr std::pair<const char*, const char*> old_names[]{
    {"input_audio_format", "audio.input.format"},
    {"output_audio_format", "audio.output.format"},
    {"turn_detection", "audio.input.turn_detection"},
    {"voice", "audio.output.voice"},
    {"input_audio_transcription", "audio.input.transcription"},
    {"modalities", "output_modalities"},
};

void check_modalities(const json::object& session) {
    const auto* found = session.if_contains("output_modalities");
    if (!found) return;
    const auto* list = found->if_array();
    const bool speaks = list && std::ranges::any_of(*list, [](const json::value& one) {
                            return one.is_string() && one.get_string() == "audio";
                        });
    if (!speaks) refuse_set_up(R"(output_modalities has no "audio"; a call needs ["audio"])");
}

} // namespace

openai_settings read_openai_settings(json::object session) {
    openai_settings settings;
    for (const auto& [old_name, name] : old_names)
        if (session.contains(old_name))
            refuse_set_up(std::string(old_name) + " is of the older API; write " + name + " instead");
    settings.greeting = take_greeting(session);
    const auto type = text_at(session, "type");
    if (session.contains("type") && type != "realtime")
        refuse_set_up("type is not \"realtime\"; only that one talks with a caller");
    check_modalities(session);

    session["type"] = "realtime";
    settings.caller = read_openai_format(session, "audio.input.format", pcm_rates, false);
    settings.agent = read_openai_format(session, "audio.output.format", pcm_rates, false);
    auto& input = made_object(session, "audio.input");
    if (!input.contains("turn_detection")) input["turn_detection"] = json::object{{"type", "server_vad"}};
    const auto& turns = object_at(input, "turn_detection");
    settings.interrupts = !turns.contains("interrupt_response") || flag_at(turns, "interrupt_response");
    settings.session = std::move(session);
    return settings;
}

} // namespace audiosocket::gateway
