// SPDX-License-Identifier: Apache-2.0
#include "backend/openai_service.hpp"

#include "backend/json_fields.hpp"

#include <boost/json/serialize.hpp>

#include <utility>

namespace audiosocket::app::backend {
namespace json = boost::json;

void openai_service::text(std::string_view message) {
    const auto read = parse_object(message);
    if (!read) return refuse({}, "invalid_json", "a text message that is not a JSON object");
    take(text_at(*read, "type"), *read);
}

void openai_service::binary(std::span<const std::byte>) {
    owner().violated("a binary message");
}

void openai_service::send(std::string_view type, json::object rest) {
    rest["type"] = json_text(type);
    rest["event_id"] = next_event_id();
    owner().send_text(json::serialize(rest));
}

void openai_service::refuse(const json::object& message, std::string_view code, const std::string& why) {
    json::object error{{"type", "invalid_request_error"}, {"code", json_text(code)}, {"message", json_text(why)}};
    error["param"] = nullptr;
    const auto id = text_at(message, "event_id");
    error[json::string_view(client_id_.data(), client_id_.size())] =
        id.empty() ? json::value(nullptr) : json::value(json_text(id));
    send("error", {{"error", std::move(error)}});
    owner().violated(why);
}

std::optional<encoding> openai_service::coding_of(const json::object& format) {
    const auto type = text_at(format, "type");
    if (type == "audio/pcm") return encoding::slin;
    if (type == "audio/pcmu") return encoding::ulaw;
    if (type == "audio/pcma") return encoding::alaw;
    return std::nullopt;
}

std::size_t openai_service::hear(const json::object& message, audio_codec& codec) {
    const auto samples = codec.decode_base64(text_at(message, "audio"));
    if (!samples) {
        refuse(message, "invalid_value", text_at(message, "type") + " without whole samples in base64");
        return 0;
    }
    owner().heard(*samples);
    return samples->size();
}

void openai_service::send_audio(std::string before, std::span<const std::int16_t> samples, audio_codec& codec) {
    codec.append_base64(before, samples);
    before += "\"}";
    owner().send_text(before);
}

bool openai_service::answer(const json::object& message, const tool_result& result) {
    if (owner().answered(result)) return true;
    refuse(message, "item_not_found", "a result of the function call " + shown(result.id) + ", which is not pending");
    return false;
}

} // namespace audiosocket::app::backend
