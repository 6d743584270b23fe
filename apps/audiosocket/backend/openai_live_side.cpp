// SPDX-License-Identifier: Apache-2.0
#include "backend/json_fields.hpp"
#include "backend/openai_service.hpp"

#include <boost/json/serialize.hpp>

#include <algorithm>
#include <ctime>
#include <deque>
#include <utility>
#include <vector>

namespace audiosocket::app::backend {
namespace {

namespace json = boost::json;

// "limited to 500 tokens" (CommentaryAppendEvent of the published client). English has about four bytes a token.
constexpr std::size_t content_bytes_max = 2000;

// "at most 128 messages" (SessionConfig.input)
constexpr std::size_t messages_max = 128;

/// A service that speaks OpenAI Live. It listens and speaks at the same time: for each piece of the caller's audio it
/// sends a piece of the same length, of what play() has queued, or of silence. So it keeps the pace of the call.
class openai_live_side final : public openai_service {
  public:
    explicit openai_live_side(side_owner& owner) : openai_service(owner, "client_event_id") {}

    int rate_hz() const noexcept override { return out_.format().rate_hz; }

    void play(std::span<const std::int16_t> samples) override {
        queue_.insert(queue_.end(), samples.begin(), samples.end());
    }

    // The dialect has no marks, and no end of an answer.
    void mark(std::string_view) override {}

    void clear() override { queue_.clear(); }

    void call_tool(const tool_call& tool) override {
        json::object delegation{{"id", json_text(tool.id)}, {"target", "client"}, {"type", "delegation"}};
        send("session.delegation.created", {{"delegation", std::move(delegation)}, {"offset_ms", heard_ms()}});
    }

    void expire() override { end("expired"); }

    // Waits until the queue has been sent.
    bool hang_up() override {
        leaving_ = true;
        if (queue_.empty()) end("remote_hangup");
        return true;
    }

  protected:
    void take(std::string_view type, const json::object& message) override {
        if (!started_ && type != "session.start")
            return refuse(message, "session_not_started", shown(type) + " before session.started");
        if (type == "session.start") return start(message);
        if (type == "session.input_audio.append") return append_audio(message);
        if (type == "session.commentary.append" || type == "session.thinking.append" ||
            type == "session.instructions.append")
            return append_words(type, message);
        if (type == "session.input_audio.mute" || type == "session.input_audio.unmute") {
            owner().noted(type, message);
            return send(std::string(type) + 'd', {});
        }
        if (type == "session.update") {
            owner().noted(type, message);
            return send("session.updated", {{"session", resource()}});
        }
        if (type == "session.close") {
            owner().stopped();
            return end("close_requested");
        }
        refuse(message, "unknown_event", "an unknown message " + shown(type));
    }

  private:
    std::int64_t heard_ms() const { return static_cast<std::int64_t>(heard_samples_ * 1000) / rate_hz(); }

    json::object resource() const {
        constexpr std::int64_t life_s = 3600;
        return {{"id", "live_1"}, {"expires_at", started_at_ + life_s}, {"model", model_}, {"status", "active"}};
    }

    void start(const json::object& message) {
        if (started_) return refuse(message, "session_already_started", "session.start a second time");
        const auto& session = object_at(message, "session");
        const auto model = text_at(session, "model");
        if (model.empty()) return refuse(message, "missing_required_parameter", "session.model is missing");
        if (array_at(session, "input").size() > messages_max)
            return refuse(message, "invalid_value", "session.input has more than 128 messages");
        audio_format format{encoding::slin, 24'000};
        if (const auto& wanted = object_at(object_at(session, "audio"), "format"); !wanted.empty()) {
            const auto coding = coding_of(wanted);
            const auto rate = number_at(wanted, "rate").value_or(0);
            if (!coding)
                return refuse(message, "invalid_value",
                              "session.audio.format.type is " + shown(text_at(wanted, "type")));
            const bool known = *coding == encoding::slin ? rate == 16'000 || rate == 24'000 : rate == 8000;
            if (!known)
                return refuse(message, "invalid_value",
                              "session.audio.format.rate is not 16000 or 24000 (8000 for G.711)");
            format = {*coding, static_cast<int>(rate)};
        }
        in_ = out_ = audio_codec(format);
        model_ = json_text(model);
        started_at_ = std::time(nullptr);
        started_ = true;
        send("session.started", {{"session", resource()}});
        owner().started({"live_1", {}, format_text(format, format), session});
    }

    void append_audio(const json::object& message) {
        const auto count = hear(message, in_);
        heard_samples_ += count;
        if (count == 0 || over_) return;
        const auto queued = std::min(count, queue_.size());
        piece_.assign(queue_.begin(), queue_.begin() + static_cast<std::ptrdiff_t>(queued));
        piece_.resize(count, 0);
        queue_.erase(queue_.begin(), queue_.begin() + static_cast<std::ptrdiff_t>(queued));
        send_audio(R"({"type":"session.output_audio.delta","delta":")", piece_, out_);
        if (leaving_ && queue_.empty()) end("remote_hangup");
    }

    void append_words(std::string_view type, const json::object& message) {
        const auto id = text_at(message, "delegation_id");
        const auto content = text_at(message, "content");
        if (!message.contains("delegation_id"))
            return refuse(message, "missing_required_parameter",
                          "delegation_id is missing; write null where there is no delegation");
        if (content.size() > content_bytes_max)
            return refuse(message, "string_above_max_length",
                          "content has " + std::to_string(content.size()) + " bytes, which is above 500 tokens");
        // A long result comes in several pieces with the id: the first answers, the others add to it.
        if (id.empty() || id == answered_)
            owner().noted(type, message);
        else if (!answer(message, {id, {}, content}))
            return;
        else
            answered_ = id;
        send(std::string(type) + "ed", {{"start_ms", heard_ms()}, {"end_ms", heard_ms()}});
    }

    void end(std::string_view reason) {
        if (std::exchange(over_, true)) return;
        const auto seconds = static_cast<double>(heard_ms()) / 1000;
        send("session.closed",
             {{"reason", json_text(reason)}, {"session", resource()}, {"usage", {{"seconds", seconds}}}});
        owner().close(1000, reason);
    }

    audio_codec in_{{encoding::slin, 24'000}};
    audio_codec out_{{encoding::slin, 24'000}};
    json::string model_;
    std::int64_t started_at_ = 0; // in seconds since 1970
    bool started_ = false;
    bool leaving_ = false; // hang_up() waits for the queue
    bool over_ = false;
    std::string answered_; // the delegation that has a result
    std::uint64_t heard_samples_ = 0;
    std::deque<std::int16_t> queue_;
    std::vector<std::int16_t> piece_;
};

} // namespace

std::unique_ptr<side> make_openai_live_side(side_owner& owner) {
    return std::make_unique<openai_live_side>(owner);
}

} // namespace audiosocket::app::backend
