// SPDX-License-Identifier: Apache-2.0
// The dialect of OpenAI Live: a model that listens and speaks at the same time.
//
// How it works: session.start is sent first, and nothing else before session.started. Audio then flows in both
// directions in real time, including silence, so there is no queue to clear and no item to truncate. What the model
// delegates is a function call for the application. Its result is sent as commentary, which the model speaks about.
//
// A session has a maximum length. The call then continues in a new session, which gets the latest words.
#include "gateway/agent_audio.hpp"
#include "gateway/audio_messages.hpp"
#include "gateway/conversation_memory.hpp"
#include "gateway/dialect_entry.hpp"
#include "gateway/json_message.hpp"
#include "gateway/openai_sessions.hpp"
#include "gateway/reports.hpp"
#include "gateway/session_reader.hpp"
#include "gateway/typed_keys.hpp"

#include <boost/json/array.hpp>
#include <boost/json/serialize.hpp>

#include <algorithm>
#include <array>
#include <utility>
#include <vector>

namespace audiosocket::gateway {
namespace json = boost::json;

namespace {

// "Live WebSocket PCM audio supports 16000 or 24000 Hz." (AudioFormat of the published client)
constexpr std::array pcm_rates{16000, 24000};

// "limited to 500 tokens" (CommentaryAppendEvent). How the service counts tokens is not known. Every language or number
// needs at least two bytes for a token, so 1000 bytes stay below the limit. Longer results are sent in pieces.
constexpr std::size_t content_bytes_max = 1000;

// The most pieces of a result. Speaking 16,000 bytes takes a quarter of an hour.
constexpr std::size_t contents_max = 16;

// "at most 128 messages" (SessionConfig.input)
constexpr std::size_t messages_max = 128;

// The most delegations that wait for results, and the longest id. The service has a few at a time, with 20 to 40 bytes.
constexpr std::size_t delegations_max = 64;
constexpr std::size_t id_bytes_max = 256;

// Events that do not matter for the call. Events of responses and decisions belong to work that the service does
// itself.
constexpr std::string_view quiet_events[]{
    "decision.event",
    "decision.item.created",
    "decision.item.deleted",
    "info",
    "response.event",
    "session.commentary.appended",
    "session.input_audio.muted",
    "session.input_audio.unmuted",
    "session.instructions.appended",
    "session.output_audio.fixture.played",
    "session.output_audio.fixture.playing",
    "session.thinking.appended",
    "session.updated",
    "session.usage.updated",
};
static_assert(std::ranges::is_sorted(quiet_events));

struct live_settings {
    json::object session;
    payload_format format;
    std::string greeting;
};

live_settings read_settings(json::object session) {
    live_settings settings;
    settings.greeting = take_greeting(session);
    if (text_at(session, "model").empty()) refuse_set_up("model is missing; write for instance \"gpt-live-1.1\"");
    settings.format = read_openai_format(session, "audio.format", pcm_rates, true);
    set_up_object(session, "audio.output");
    settings.session = std::move(session);
    return settings;
}

// Removes a piece from the beginning of the text: whole words if there are any, else whole characters of UTF-8.
std::string_view take_piece(std::string_view& text) {
    std::size_t end = text.size();
    if (end > content_bytes_max) {
        end = content_bytes_max;
        const auto continues = [&] { return (static_cast<unsigned char>(text[end]) & 0xc0) == 0x80; };
        while (end > content_bytes_max - 4 && continues())
            --end;
        const auto space = text.substr(0, end).find_last_of(" \n");
        if (space != text.npos && space > content_bytes_max / 2) end = space + 1;
    }
    const auto piece = text.substr(0, end);
    text.remove_prefix(end);
    return piece;
}

class live_call final : public dialect {
  public:
    explicit live_call(live_settings settings)
        : settings_(std::move(settings)), agent_(settings_.format),
          caller_(settings_.format, R"({"type":"session.input_audio.append","audio":")", R"("})") {}

    int caller_rate_hz() const noexcept override { return caller_.rate_hz(); }

    void opened(time_point, dialect_output& out) override {
        ready_ = over_ = false;
        ended_.reset();
        delegations_.clear();
        agent_.reset();
        auto session = settings_.session;
        add_history(session);
        send({{"type", "session.start"}, {"session", std::move(session)}}, out);
    }

    void text(std::string_view message, time_point now, dialect_output& out) override {
        if (over_) return;
        now_ = now;
        const json_message read(message);
        if (!read) return report_ignored(out, {}, read.error());
        const auto type = text_at(read.object(), "type");
        for (const auto& [name, handle] : handlers)
            if (name == type) return (this->*handle)(read.object(), out);
        if (!std::ranges::binary_search(quiet_events, type)) report_unknown(out, type);
    }

    void binary(std::span<const std::byte> message, time_point, dialect_output& out) override {
        report_binary(out, message.size());
    }

    // A connection that closes without session.closed is lost, with any code.
    after_close closed(std::uint16_t, std::string_view) override { return ended_.value_or(after_close::fail); }

    void caller_audio(std::span<const std::int16_t> samples, time_point, dialect_output& out) override {
        if (ready_) caller_.add(samples, out);
    }

    void caller_digit(char digit, time_point at, dialect_output& out) override {
        if (keys_.add(digit, at)) send_keys(out);
    }

    // Nothing here depends on what was played.
    void played(const played_event&, dialect_output&) override {}
    void cleared(const cleared_event&, dialect_output&) override {}

    void call_ended(dialect_output& out) override {
        if (over_ || !ready_) return;
        out.send_text(R"({"type":"session.close"})");
        ended_ = after_close::hang_up;
        leaving_ = true;
    }

    bool may_close() const noexcept override { return !leaving_; }

    void tool_result(std::string_view id, std::string_view result, bool is_error, dialect_output& out) override {
        if (std::erase(delegations_, id) == 0)
            return report_ignored(out, "delegation", "no delegation waits for the id " + excerpt(id));
        const auto text = is_error ? "This failed: " + std::string(result) : std::string(result);
        append("session.commentary.append", text, id, out);
    }

    time_point deadline() const noexcept override { return ready_ ? keys_.deadline() : time_point::max(); }

    void tick(time_point now, dialect_output& out) override {
        if (now >= deadline()) send_keys(out);
    }

  private:
    using handler = void (live_call::*)(const json::object&, dialect_output&);
    static const std::pair<std::string_view, handler> handlers[7];

    static void send(const json::object& message, dialect_output& out) { out.send_text(json::serialize(message)); }

    // Adds what was said in the session before, behind what the set-up has.
    void add_history(json::object& session) const {
        if (memory_.turns().empty()) return;
        auto& found = session["input"];
        auto& history = found.is_array() ? found.get_array() : found.emplace_array();
        const auto room = messages_max - std::min(messages_max, history.size());
        const auto& turns = memory_.turns();
        for (auto i = turns.size() - std::min(turns.size(), room); i < turns.size(); ++i) {
            const bool is_agent = turns[i].is_agent;
            json::array content;
            content.push_back(
                json::object{{"type", is_agent ? "output_text" : "input_text"}, {"text", turns[i].words}});
            history.push_back(json::object{
                {"type", "message"}, {"role", is_agent ? "assistant" : "user"}, {"content", std::move(content)}});
        }
    }

    // Sends content in pieces that the service accepts. An empty id means no delegation.
    static void append(std::string_view type, std::string_view content, std::string_view id, dialect_output& out) {
        std::size_t pieces = 0;
        do {
            json::object message{{"type", type}, {"content", take_piece(content)}, {"delegation_id", nullptr}};
            if (!id.empty()) message["delegation_id"] = id;
            send(message, out);
        } while (!content.empty() && ++pieces < contents_max);
        if (!content.empty())
            report_warning(out, "result_too_long",
                           "the last " + std::to_string(content.size()) +
                               " bytes of a result were left out; shorten it");
    }

    // The model gets instructions at once, and decides whether it speaks about the keys.
    void send_keys(dialect_output& out) { append("session.instructions.append", keys_.take(), {}, out); }

    // --- Events ---

    void on_started(const json::object&, dialect_output& out) {
        if (std::exchange(ready_, true)) return;
        ready_at_ = now_;
        out.ready();
        if (settings_.greeting.empty()) return;
        append("session.commentary.append", settings_.greeting, {}, out);
        settings_.greeting.clear(); // once for each call, not for each session
    }

    void on_audio(const json::object& event, dialect_output& out) {
        const auto type = text_at(event, "type");
        const auto delta = find_text(event, "delta");
        if (!delta) return report_ignored(out, type, "it has no text \"delta\"");
        agent_.play_base64(*delta, type, out);
    }

    void on_agent_words(const json::object& event, dialect_output& out) {
        memory_.append(true, text_at(event, "delta"));
        report_words(out, "agent", text_at(event, "delta"));
    }

    void on_caller_words(const json::object& event, dialect_output& out) {
        memory_.append(false, text_at(event, "delta"));
        report_words(out, "caller", text_at(event, "delta"));
    }

    void on_delegation(const json::object& event, dialect_output& out) {
        const auto& delegation = object_at(event, "delegation");
        if (text_at(delegation, "target") != "client") return; // the service does this work itself
        const auto type = text_at(event, "type");
        const auto id = text_at(delegation, "id");
        if (id.empty()) return report_ignored(out, type, "the delegation has no id");
        if (id.size() > id_bytes_max) return report_ignored(out, type, "the delegation's id is too long");
        if (delegations_.size() >= delegations_max)
            return report_ignored(out, type, "too many delegations wait for their results");
        delegations_.emplace_back(id);
        // The event does not describe the task; the transcripts before it do.
        report_tool_call(out, id, "delegation", json::serialize(event));
    }

    void on_closed(const json::object& event, dialect_output& out) {
        const auto reason = text_at(event, "reason");
        over_ = true;
        leaving_ = false;
        if (ended_) return; // the call has ended already
        if (reason == "expired" && now_ - ready_at_ >= session_life_min) {
            ended_ = after_close::reconnect;
            report_warning(out, reason,
                           "the session has reached its maximum length; a new session begins with its latest words");
            ready_ = false; // keys then wait for the next session
            return out.reconnect();
        }
        if (reason == "close_requested" || reason == "remote_hangup") {
            ended_ = after_close::hang_up;
            return out.hang_up(hang_up_time::when_played, "the service has closed the session: " + std::string(reason));
        }
        ended_ = after_close::fail;
        out.fail("the service has closed the session: " + excerpt(reason));
    }

    void on_error(const json::object& event, dialect_output& out) {
        const auto& error = object_at(event, "error");
        const auto code = text_at(error, "code").empty() ? text_at(error, "type") : text_at(error, "code");
        const auto message = text_at(error, "message");
        if (ready_ && std::ranges::find(fatal_codes, code) == std::end(fatal_codes))
            return report_warning(out, code, message);
        over_ = true;
        leaving_ = false;
        out.fail("the service refuses the session: " + excerpt(code) + ": " + excerpt(message));
    }

    live_settings settings_;
    agent_audio agent_;
    audio_messages caller_;
    typed_keys keys_;
    conversation_memory memory_;
    std::vector<std::string> delegations_; // delegations that wait for a result
    std::optional<after_close> ended_;     // what the end of the session means; set when it has ended
    time_point now_;                       // when the message arrived
    time_point ready_at_;
    bool ready_ = false;
    bool over_ = false;    // the rest of this connection is ignored
    bool leaving_ = false; // session.close was sent; its answer has not arrived
};

const std::pair<std::string_view, live_call::handler> live_call::handlers[7]{
    {"session.output_audio.delta", &live_call::on_audio},
    {"session.output_transcript.delta", &live_call::on_agent_words},
    {"session.input_transcript.delta", &live_call::on_caller_words},
    {"session.delegation.created", &live_call::on_delegation},
    {"session.started", &live_call::on_started},
    {"session.closed", &live_call::on_closed},
    {"error", &live_call::on_error},
};

void check(const json::object* session) {
    if (!session) refuse_set_up("it is missing; this dialect needs at least {\"model\": \"gpt-live-1.1\"}");
    read_settings(*session);
}

std::unique_ptr<dialect> make(call_context, json::object session, std::string) {
    return std::make_unique<live_call>(read_settings(std::move(session)));
}

} // namespace

const dialect_entry openai_live_dialect{
    .traits =
        {.name = "openai-live", .speakers = "OpenAI Live", .subprotocol = "", .key = key_place::bearer, .live = true},
    .check = check,
    .make = make,
};

} // namespace audiosocket::gateway
