// SPDX-License-Identifier: Apache-2.0
#include "gateway/gemini_settings.hpp"

#include "gateway/json_message.hpp"
#include "gateway/session_reader.hpp"

#include <boost/json/array.hpp>
#include <boost/json/serialize.hpp>

#include <algorithm>
#include <charconv>
#include <utility>

namespace audiosocket::gateway {
namespace json = boost::json;

namespace {

// Returns the name under which the object has a field: `other` if it is there, else `name`.
const char* name_in(const json::object& object, const char* name, const char* other) {
    return object.contains(other) ? other : name;
}

const char* resumption_name(const json::object& setup) {
    return name_in(setup, "sessionResumption", "session_resumption");
}

void check_model(const json::object& setup) {
    const auto model = text_at(setup, "model");
    if (model.empty()) refuse_set_up("model is missing; write \"models/\" and its name");
    if (model.find('/') == model.npos && model.front() != '{')
        refuse_set_up("model is \"" + std::string(model) + "\"; write \"models/" + std::string(model) + '"');
}

void set_modalities(json::object& setup) {
    const auto* path = name_in(setup, "generationConfig", "generation_config");
    set_up_object(setup, path);
    auto& generation = made_object(setup, path);
    const auto* name = name_in(generation, "responseModalities", "response_modalities");
    if (!generation.contains(name)) {
        json::array modalities;
        modalities.emplace_back("AUDIO");
        generation[name] = std::move(modalities);
    }
    const auto& list = array_at(generation, name);
    const bool speaks = std::ranges::any_of(list, [](const json::value& one) {
        return one.is_string() && (one.get_string() == "AUDIO" || one.get_string() == "audio");
    });
    if (!speaks)
        refuse_set_up(std::string(path) + '.' + name + " has no \"AUDIO\"; a call needs [\"AUDIO\"], or leave it out");
}

} // namespace

gemini_settings read_gemini_settings(json::object session) {
    gemini_settings settings;
    settings.greeting = take_greeting(session);
    if (set_up_object(session, "setup")) {
        if (session.size() > 1) refuse_set_up("there are fields beside \"setup\"; put them into it");
        auto inner = std::move(session["setup"].get_object());
        session = std::move(inner);
        if (settings.greeting.empty()) settings.greeting = take_greeting(session);
    }
    check_model(session);
    set_modalities(session);
    // Without resumption the call ends with its connection after ten minutes, without compression after 15 minutes of
    // audio.
    set_up_object(session, resumption_name(session));
    made_object(session, resumption_name(session));
    const auto* compression = name_in(session, "contextWindowCompression", "context_window_compression");
    if (!session.contains(compression)) made_object(session, "contextWindowCompression.slidingWindow");
    settings.setup = std::move(session);
    return settings;
}

std::string gemini_setup_message(const gemini_settings& settings, std::string_view handle) {
    json::object message{{"setup", settings.setup}};
    auto& setup = message["setup"].get_object();
    if (!handle.empty()) made_object(setup, resumption_name(setup))["handle"] = handle;
    return json::serialize(message);
}

int pcm_rate_of(std::string_view mime_type, int fallback_hz) {
    constexpr std::string_view pcm = "audio/pcm";
    constexpr std::string_view rate_name = "rate=";
    if (!mime_type.starts_with(pcm)) return 0;
    mime_type.remove_prefix(pcm.size());
    if (!mime_type.empty() && mime_type.front() != ';') return 0;
    const auto at = mime_type.find(rate_name);
    if (at == mime_type.npos) return fallback_hz;
    mime_type.remove_prefix(at + rate_name.size());
    int rate_hz = 0;
    const auto read = std::from_chars(mime_type.data(), mime_type.data() + mime_type.size(), rate_hz);
    return read.ec == std::errc{} && rate_hz >= 4000 && rate_hz <= 192'000 ? rate_hz : 0;
}

} // namespace audiosocket::gateway
