// SPDX-License-Identifier: Apache-2.0
#include "backend/json_fields.hpp"
#include "backend/side.hpp"

#include <audiosocket/audio/g711.hpp>
#include <audiosocket/gateway/base64.hpp>

#include <boost/json/serialize.hpp>

#include <optional>
#include <utility>
#include <vector>

namespace audiosocket::app::backend {
namespace {

namespace json = boost::json;

struct audio_format {
    encoding coding = encoding::slin;
    int rate_hz = 24'000;

    bool operator==(const audio_format&) const = default;
};

// The format in session.audio.input or .output; nothing if there is no such one. PCM is the default.
std::optional<audio_format> format_in(const json::object& direction) {
    const auto& format = object_at(direction, "format");
    const auto type = text_at(format, "type");
    if (type == "audio/pcmu") return audio_format{encoding::ulaw, 8000};
    if (type == "audio/pcma") return audio_format{encoding::alaw, 8000};
    if (format.empty() || (type == "audio/pcm" && number_at(format, "rate") == 24'000)) return audio_format{};
    return std::nullopt;
}

/// A service that speaks OpenAI Realtime: JSON text both ways, with audio in base64 and turns that the service detects.
class openai_side final : public side {
  public:
    using side::side;

    int rate_hz() const noexcept override { return format_.rate_hz; }

    void opened() override {
        send("session.created",
             {{"session", {{"type", "realtime"}, {"object", "realtime.session"}, {"id", "sess_1"}}}});
    }

    void text(std::string_view message) override {
        const auto read = parse_object(message);
        if (!read) return refuse({}, "a text message that is not a JSON object");
        const auto type = text_at(*read, "type");
        if (type == "session.update") return update(*read);
        if (type == "input_audio_buffer.append") return append(*read);
        if (type == "conversation.item.truncate") return truncate(*read);
        if (type == "conversation.item.create") return create(*read);
        if (type == "response.create" || type == "input_audio_buffer.commit" || type == "input_audio_buffer.clear")
            return owner().noted(type, *read);
        if (type == "response.cancel") {
            owner().noted(type, *read);
            return end_response("cancelled", "client_cancelled");
        }
        refuse(*read, "an unknown message \"" + type + '"');
    }

    void binary(std::span<const std::byte>) override { owner().violated("a binary message"); }

    void play(std::span<const std::int16_t> samples) override {
        if (!responding_) begin_response();
        bytes_.resize(bytes_for(format_.coding, samples.size()));
        encode(format_.coding, samples, bytes_);
        item_samples_ += samples.size();
        message_ = R"({"type":"response.output_audio.delta","event_id":")" + event_id() + R"(","response_id":")" +
                   response() + R"(","item_id":")" + item() + R"(","output_index":0,"content_index":0,"delta":")";
        gateway::append_base64(message_, bytes_);
        message_ += "\"}";
        owner().send_text(message_);
    }

    // There are no marks: the answer is complete.
    void mark(std::string_view) override {
        if (!responding_) return;
        send("response.output_audio.done", of_item());
        end_response("completed", {});
    }

    void clear() override { end_response("cancelled", "turn_detected"); }

    void caller_speaks(bool speaks) override {
        json::object about{{speaks ? "audio_start_ms" : "audio_end_ms", heard_ms()}, {"item_id", "item_caller"}};
        send(speaks ? "input_audio_buffer.speech_started" : "input_audio_buffer.speech_stopped", std::move(about));
    }

  private:
    std::string event_id() { return "event_" + std::to_string(++events_); }
    std::string response() const { return "resp_" + std::to_string(responses_); }
    std::string item() const { return "item_" + std::to_string(responses_); }
    std::int64_t heard_ms() const { return static_cast<std::int64_t>(heard_samples_ * 1000) / format_.rate_hz; }
    std::int64_t item_ms() const { return static_cast<std::int64_t>(item_samples_ * 1000) / format_.rate_hz; }

    json::object of_item() const {
        return {{"response_id", json_text(response())},
                {"item_id", json_text(item())},
                {"output_index", 0},
                {"content_index", 0}};
    }

    void send(std::string_view type, json::object rest) {
        rest["type"] = json_text(type);
        rest["event_id"] = json_text(event_id());
        owner().send_text(json::serialize(rest));
    }

    // The session goes on after most errors.
    void refuse(const json::object& message, const std::string& why) {
        send("error", {{"error",
                        {{"type", "invalid_request_error"},
                         {"code", "invalid_value"},
                         {"message", json_text(why)},
                         {"event_id", json_text(text_at(message, "event_id"))}}}});
        owner().violated(why);
    }

    void update(const json::object& message) {
        const auto& session = object_at(message, "session");
        if (text_at(session, "type") != "realtime")
            return refuse(message, "session.update without the type \"realtime\"");
        const auto& audio = object_at(session, "audio");
        const auto in = format_in(object_at(audio, "input"));
        const auto out = format_in(object_at(audio, "output"));
        if (!in || !out) return refuse(message, "session.update with a format that there is not");
        if (*in != *out) return refuse(message, "session.update with two formats; this back end takes one");
        if (started_ && *in != format_) return refuse(message, "session.update with another format in mid-session");
        format_ = *in;
        send("session.updated", {{"session", session}});
        if (std::exchange(started_, true)) return;
        const auto name = format_.coding == encoding::ulaw   ? "mu-law "
                          : format_.coding == encoding::alaw ? "A-law "
                                                             : "slin ";
        owner().started({"sess_1", {}, name + std::to_string(format_.rate_hz) + " Hz", session});
    }

    void append(const json::object& message) {
        const auto bytes = gateway::decode_base64(text_at(message, "audio"));
        if (!bytes || bytes->empty() || (format_.coding == encoding::slin && bytes->size() % 2 != 0))
            return refuse(message, "input_audio_buffer.append without whole samples in base64");
        samples_.resize(samples_in(format_.coding, bytes->size()));
        decode(format_.coding, *bytes, samples_);
        heard_samples_ += samples_.size();
        owner().heard(samples_);
    }

    void truncate(const json::object& message) {
        const auto ms = number_at(message, "audio_end_ms").value_or(-1);
        if (text_at(message, "item_id") != item() || responses_ == 0)
            return refuse(message, "conversation.item.truncate of an unknown item");
        if (ms < 0 || ms > item_ms())
            return refuse(message, "conversation.item.truncate at " + std::to_string(ms) + " ms of an item of " +
                                       std::to_string(item_ms()) + " ms");
        json::object about{{"item_id", json_text(item())}, {"content_index", 0}, {"audio_end_ms", ms}};
        owner().noted("truncated", about);
        send("conversation.item.truncated", std::move(about));
    }

    void create(const json::object& message) {
        const auto& item = object_at(message, "item");
        owner().noted("conversation.item.create", item);
        send("conversation.item.added", {{"previous_item_id", nullptr}, {"item", item}});
    }

    void begin_response() {
        responding_ = true;
        ++responses_;
        item_samples_ = 0;
        send("response.created", {{"response",
                                   {{"object", "realtime.response"},
                                    {"id", json_text(response())},
                                    {"status", "in_progress"},
                                    {"output", json::array()}}}});
    }

    void end_response(std::string_view status, std::string_view reason) {
        if (!std::exchange(responding_, false)) return;
        json::object about{
            {"object", "realtime.response"}, {"id", json_text(response())}, {"status", json_text(status)}};
        if (!reason.empty()) about["status_details"] = {{"type", json_text(status)}, {"reason", json_text(reason)}};
        send("response.done", {{"response", std::move(about)}});
    }

    audio_format format_;
    bool started_ = false;
    bool responding_ = false;
    unsigned events_ = 0;
    unsigned responses_ = 0;
    std::uint64_t heard_samples_ = 0;
    std::uint64_t item_samples_ = 0; // of the newest response
    std::string message_;
    std::vector<std::byte> bytes_;
    std::vector<std::int16_t> samples_;
};

} // namespace

std::unique_ptr<side> make_openai_side(side_owner& owner) {
    return std::make_unique<openai_side>(owner);
}

} // namespace audiosocket::app::backend
