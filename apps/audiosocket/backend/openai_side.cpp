// SPDX-License-Identifier: Apache-2.0
#include "backend/json_fields.hpp"
#include "backend/openai_service.hpp"

#include <boost/json/array.hpp>
#include <boost/json/serialize.hpp>

#include <algorithm>
#include <deque>
#include <utility>

namespace audiosocket::app::backend {
namespace {

namespace json = boost::json;

constexpr int pcm_rate_hz = 24'000;

// Items whose length is known: a truncation arrives while the next answer may have begun.
constexpr std::size_t items_max = 16;

/// A service that speaks OpenAI Realtime, with turns that the service detects.
class openai_side final : public openai_service {
  public:
    explicit openai_side(side_owner& owner) : openai_service(owner, "event_id") {}

    int rate_hz() const noexcept override { return out_.format().rate_hz; }
    int caller_rate_hz() const noexcept override { return in_.format().rate_hz; }

    void opened() override {
        send("session.created",
             {{"session", {{"type", "realtime"}, {"object", "realtime.session"}, {"id", "sess_1"}}}});
    }

    void play(std::span<const std::int16_t> samples) override {
        if (!responding_) begin_response();
        items_.back().samples += samples.size();
        send_audio(R"({"type":"response.output_audio.delta","event_id":")" + next_event_id() + R"(","response_id":")" +
                       response() + R"(","item_id":")" + item() + R"(","output_index":0,"content_index":0,"delta":")",
                   samples, out_);
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

    // In the answer that is in progress, or in one of its own.
    void call_tool(const tool_call& tool) override {
        const bool own = !responding_;
        if (own) begin_response();
        auto about = of_item();
        about.erase("content_index");
        about["call_id"] = json_text(tool.id);
        about["name"] = json_text(tool.name);
        about["arguments"] = json::serialize(tool.arguments);
        send("response.function_call_arguments.done", std::move(about));
        if (own) end_response("completed", {});
    }

    void expire() override {
        constexpr std::string_view why = "Your session hit the maximum duration of 60 minutes.";
        send("error", {{"error",
                        {{"type", "invalid_request_error"},
                         {"code", "session_expired"},
                         {"message", json_text(why)},
                         {"param", nullptr},
                         {"event_id", nullptr}}}});
        owner().close(1001, why);
    }

  protected:
    void take(std::string_view type, const json::object& message) override {
        if (type == "session.update") return update(message);
        if (type == "input_audio_buffer.append") {
            heard_samples_ += hear(message, in_);
            return;
        }
        if (type == "conversation.item.truncate") return truncate(message);
        if (type == "conversation.item.create") return create(message);
        if (type == "response.create" || type == "input_audio_buffer.commit" || type == "input_audio_buffer.clear")
            return owner().noted(type, message);
        if (type == "response.cancel") {
            owner().noted(type, message);
            return end_response("cancelled", "client_cancelled");
        }
        refuse(message, "unknown_event", "an unknown message " + shown(type));
    }

  private:
    std::string response() const { return "resp_" + std::to_string(responses_); }
    std::string item() const { return "item_" + std::to_string(responses_); }
    std::int64_t heard_ms() const { return static_cast<std::int64_t>(heard_samples_ * 1000) / caller_rate_hz(); }

    struct spoken_item {
        std::string id;
        std::uint64_t samples = 0;
    };

    json::object of_item() const {
        return {{"response_id", json_text(response())},
                {"item_id", json_text(item())},
                {"output_index", 0},
                {"content_index", 0}};
    }

    // Reads the format in session.audio.input or .output. Refuses, and returns nothing, where the service does.
    std::optional<audio_format> read_format(const json::object& message, std::string_view direction) {
        const auto& format =
            object_at(object_at(object_at(object_at(message, "session"), "audio"), direction), "format");
        if (format.empty()) return audio_format{encoding::slin, pcm_rate_hz};
        const auto where = "session.audio." + std::string(direction) + ".format";
        const auto coding = coding_of(format);
        if (!coding) {
            refuse(message, "invalid_value", where + ".type is " + shown(text_at(format, "type")));
            return std::nullopt;
        }
        if (*coding != encoding::slin && format.contains("rate")) {
            refuse(message, "unknown_parameter", where + ".rate is not a parameter of G.711");
            return std::nullopt;
        }
        if (*coding == encoding::slin && format.contains("rate") && number_at(format, "rate") != pcm_rate_hz) {
            refuse(message, "invalid_value", where + ".rate is not 24000");
            return std::nullopt;
        }
        return audio_format{*coding, *coding == encoding::slin ? pcm_rate_hz : 8000};
    }

    void update(const json::object& message) {
        const auto& session = object_at(message, "session");
        if (text_at(session, "type") != "realtime")
            return refuse(message, "missing_required_parameter", "session.update without the type \"realtime\"");
        const auto in = read_format(message, "input");
        if (!in) return;
        const auto out = read_format(message, "output");
        if (!out) return;
        if (started_ && (*in != in_.format() || *out != out_.format()))
            return refuse(message, "invalid_value", "session.update with another format in mid-session");
        in_ = audio_codec(*in);
        out_ = audio_codec(*out);
        send("session.updated", {{"session", session}});
        if (std::exchange(started_, true)) return;
        owner().started({"sess_1", {}, format_text(*in, *out), session});
    }

    void truncate(const json::object& message) {
        const auto ms = number_at(message, "audio_end_ms").value_or(-1);
        const auto cut = std::ranges::find(items_, text_at(message, "item_id"), &spoken_item::id);
        if (cut == items_.end())
            return refuse(message, "item_not_found", "conversation.item.truncate of an unknown item");
        const auto item_ms = static_cast<std::int64_t>(cut->samples * 1000) / rate_hz();
        if (ms < 0 || ms > item_ms)
            return refuse(message, "invalid_value",
                          "conversation.item.truncate at " + std::to_string(ms) + " ms of an item of " +
                              std::to_string(item_ms) + " ms");
        json::object about{{"item_id", json_text(cut->id)}, {"content_index", 0}, {"audio_end_ms", ms}};
        owner().noted("truncated", about);
        send("conversation.item.truncated", std::move(about));
    }

    void create(const json::object& message) {
        auto item = object_at(message, "item");
        if (text_at(item, "type") == "function_call_output") {
            if (!answer(message, {text_at(item, "call_id"), {}, text_at(item, "output")})) return;
        } else {
            owner().noted("conversation.item.create", item);
        }
        if (!item.contains("id")) item["id"] = "item_of_client_" + std::to_string(++client_items_);
        send("conversation.item.added", {{"previous_item_id", nullptr}, {"item", item}});
        send("conversation.item.done", {{"previous_item_id", nullptr}, {"item", std::move(item)}});
    }

    void begin_response() {
        responding_ = true;
        ++responses_;
        if (items_.size() == items_max) items_.pop_front();
        items_.push_back({item()});
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

    audio_codec in_{{encoding::slin, pcm_rate_hz}};
    audio_codec out_{{encoding::slin, pcm_rate_hz}};
    bool started_ = false;
    bool responding_ = false;
    unsigned responses_ = 0;
    unsigned client_items_ = 0;
    std::uint64_t heard_samples_ = 0;
    std::deque<spoken_item> items_; // the last is that of the newest response
};

} // namespace

std::unique_ptr<side> make_openai_side(side_owner& owner) {
    return std::make_unique<openai_side>(owner);
}

} // namespace audiosocket::app::backend
