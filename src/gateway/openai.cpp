// SPDX-License-Identifier: Apache-2.0
// The dialect of OpenAI Realtime, which several other services and local servers use too.
//
// How it works: session.update is sent when the connection opens, and its answer session.updated means ready(). A
// server that sends no such answer counts as ready five seconds after session.created. It reads messages in order, so
// audio behind the update is never read in another format.
//
// Answers arrive ahead of real time. When the caller interrupts, the service needs to know how much of each item was
// heard, or it assumes all of it. item_ledger counts that. The service stops the answer itself; audio of it that still
// arrives is dropped.
//
// A session ends after 60 minutes. The call then continues in a new session, which gets the latest words as text: those
// of the agent, and those of the caller if the set-up requests their transcription.
#include "gateway/audio_messages.hpp"
#include "gateway/conversation_memory.hpp"
#include "gateway/dialect_entry.hpp"
#include "gateway/item_ledger.hpp"
#include "gateway/json_message.hpp"
#include "gateway/openai_answers.hpp"
#include "gateway/openai_sessions.hpp"
#include "gateway/openai_settings.hpp"
#include "gateway/reports.hpp"
#include "gateway/typed_keys.hpp"
#include <audiosocket/gateway/base64.hpp>

#include <boost/json/array.hpp>
#include <boost/json/serialize.hpp>

#include <algorithm>
#include <array>
#include <utility>

namespace audiosocket::gateway {
namespace json = boost::json;

namespace {

// How long the answer to session.update may take after session.created.
constexpr std::chrono::seconds update_wait{5};

// Events that do not matter for the call.
constexpr std::string_view quiet_events[]{
    "conversation.created",
    "conversation.item.added",
    "conversation.item.created",
    "conversation.item.deleted",
    "conversation.item.done",
    "conversation.item.input_audio_transcription.delta",
    "conversation.item.input_audio_transcription.segment",
    "conversation.item.retrieved",
    "conversation.item.truncated",
    "input_audio_buffer.cleared",
    "input_audio_buffer.committed",
    "input_audio_buffer.speech_stopped",
    "input_audio_buffer.timeout_triggered",
    "mcp_list_tools.completed",
    "mcp_list_tools.in_progress",
    "rate_limits.updated",
    "response.audio_transcript.delta",
    "response.content_part.added",
    "response.content_part.done",
    "response.function_call_arguments.delta",
    "response.mcp_call.completed",
    "response.mcp_call.in_progress",
    "response.mcp_call_arguments.delta",
    "response.mcp_call_arguments.done",
    "response.output_audio_transcript.delta",
    "response.output_item.added",
    "response.output_item.done",
    "response.output_text.delta",
    "response.output_text.done",
    "response.text.delta",
    "response.text.done",
};

static_assert(std::ranges::is_sorted(quiet_events));

json::object text_item(std::string_view role, std::string_view text) {
    const std::string_view type = role == "assistant" ? "output_text" : "input_text";
    json::array content;
    content.push_back(json::object{{"type", type}, {"text", text}});
    return json::object{{"type", "message"}, {"role", role}, {"content", std::move(content)}};
}

class openai_call final : public dialect {
  public:
    explicit openai_call(openai_settings settings)
        : settings_(std::move(settings)), agent_(settings_.agent),
          caller_(settings_.caller, R"({"type":"input_audio_buffer.append","audio":")", R"("})") {}

    int caller_rate_hz() const noexcept override { return caller_.rate_hz(); }

    void opened(time_point, dialect_output& out) override {
        ready_ = over_ = expired_ = false;
        ready_by_ = time_point::max();
        answers_ = {};
        items_.forget();
        send({{"type", "session.update"}, {"session", settings_.session}}, out);
    }

    void text(std::string_view message, time_point now, dialect_output& out) override {
        if (over_) return;
        const json_message read(message);
        if (!read) return report_ignored(out, {}, read.error());
        const auto type = text_at(read.object(), "type");
        for (const auto& [name, handle] : handlers)
            if (name == type) return (this->*handle)(read.object(), now, out);
        if (!std::ranges::binary_search(quiet_events, type)) report_unknown(out, type);
    }

    void binary(std::span<const std::byte> message, time_point, dialect_output& out) override {
        report_binary(out, message.size());
    }

    after_close closed(std::uint16_t code, std::string_view reason) override {
        if (expired_) return after_close::reconnect;
        // A server that has said nothing has not served the call, even if it closes with a normal code.
        const bool has_served = std::exchange(ready_, false) && !over_ && spoke_;
        return has_served ? dialect::closed(code, reason) : after_close::fail;
    }

    void caller_audio(std::span<const std::int16_t> samples, time_point, dialect_output& out) override {
        if (ready_) caller_.add(samples, out);
    }

    void caller_digit(char digit, time_point at, dialect_output& out) override {
        if (keys_.add(digit, at)) send_keys(out);
    }

    void played(const played_event& what, dialect_output& out) override {
        if (const auto cut = items_.played(what)) truncate(*cut, out);
    }

    void cleared(const cleared_event& what, dialect_output& out) override {
        if (const auto cut = items_.cleared(what)) truncate(*cut, out);
    }

    // The service has no message for the end: the end of the connection ends the session.
    void call_ended(dialect_output&) override {}

    void tool_result(std::string_view id, std::string_view result, bool is_error, dialect_output& out) override {
        if (!answers_.take_function(id))
            return report_ignored(out, "function_call_output", "no function call waits for the id " + excerpt(id));
        const auto output = is_error ? json::serialize(json::object{{"error", result}}) : std::string(result);
        send({{"type", "conversation.item.create"},
              {"item", json::object{{"type", "function_call_output"}, {"call_id", id}, {"output", output}}}},
             out);
        ask_for_answer(out);
    }

    time_point deadline() const noexcept override { return ready_ ? keys_.deadline() : ready_by_; }

    void tick(time_point now, dialect_output& out) override {
        if (now < deadline()) return;
        if (ready_) return send_keys(out);
        report_warning(out, "no_session_updated", "the server has not answered session.update; the call continues");
        become_ready(now, out);
    }

  private:
    using handler = void (openai_call::*)(const json::object&, time_point, dialect_output&);
    static const std::pair<std::string_view, handler> handlers[17];

    static void send(const json::object& message, dialect_output& out) { out.send_text(json::serialize(message)); }

    void become_ready(time_point now, dialect_output& out) {
        if (std::exchange(ready_, true)) return;
        ready_at_ = now;
        ready_by_ = time_point::max();
        items_.begin(out);
        out.ready();
        for (const auto& turn : memory_.turns())
            add_words(turn.is_agent ? "assistant" : "user", turn.words, out);
        if (settings_.greeting.empty()) return;
        add_words("system", settings_.greeting, out);
        settings_.greeting.clear(); // once for each call, not for each session
        answers_.want();
        ask_for_answer(out);
    }

    static void add_words(std::string_view role, std::string_view words, dialect_output& out) {
        send({{"type", "conversation.item.create"}, {"item", text_item(role, words)}}, out);
    }

    void send_keys(dialect_output& out) {
        const auto words = keys_.take();
        memory_.add(false, words);
        add_words("user", words, out);
        answers_.want(); // otherwise a caller who only presses keys would hear nothing
        ask_for_answer(out);
    }

    void ask_for_answer(dialect_output& out) {
        if (answers_.take_wish()) out.send_text(R"({"type":"response.create"})");
    }

    void truncate(const item_ledger::cut_item& cut, dialect_output& out) {
        if (!ready_ || over_) return; // between two connections, the item was lost with its session
        send({{"type", "conversation.item.truncate"},
              {"item_id", cut.id},
              {"content_index", cut.content_index},
              {"audio_end_ms", cut.heard.count()}},
             out);
    }

    // --- Events ---

    void on_created(const json::object&, time_point now, dialect_output&) {
        if (!ready_) ready_by_ = now + update_wait;
    }

    void on_updated(const json::object&, time_point now, dialect_output& out) { become_ready(now, out); }

    void on_audio(const json::object& event, time_point, dialect_output& out) {
        const auto type = text_at(event, "type");
        if (answers_.is_interrupted(text_at(event, "response_id"))) return;
        const auto id = text_at(event, "item_id");
        if (id.size() > item_ledger::id_bytes_max) return report_ignored(out, type, "the item's id is too long");
        const auto delta = find_text(event, "delta");
        if (!delta) return report_ignored(out, type, "it has no text \"delta\"");
        const auto index = number_at(event, "content_index").value_or(0);
        const auto audio = decode_base64(*delta);
        if (!audio) return report_ignored(out, type, "its audio is not base64");
        if (items_.starts(id, index)) agent_.reset();
        const auto samples = agent_.read(*audio);
        if (samples.empty()) return;
        spoke_ = true;
        switch (items_.play(id, index, samples, settings_.agent.rate_hz, out)) {
        case item_ledger::outcome::played:
        case item_ledger::outcome::refused: break;
        case item_ledger::outcome::queue_full: refused(event, "the playout queue is full", out); break;
        case item_ledger::outcome::too_many_items: refused(event, "too many items wait to be played", out); break;
        }
    }

    // The service would continue and assume that all is heard. So it is stopped, and the item is cut after it was
    // played.
    void refused(const json::object& event, std::string_view why, dialect_output& out) {
        const auto id = text_at(event, "response_id");
        report_warning(out, "audio_refused", std::string(why) + "; the rest of this answer is dropped");
        if (!answers_.is_in_progress(id)) return;
        json::object cancel{{"type", "response.cancel"}};
        if (!id.empty()) cancel["response_id"] = id;
        send(cancel, out);
        answers_.interrupt(id);
    }

    void on_audio_done(const json::object&, time_point, dialect_output& out) { items_.close(out); }

    void on_speech_started(const json::object&, time_point, dialect_output& out) {
        if (!settings_.interrupts) return;
        answers_.interrupt_all();
        items_.close(out);
        if (!items_.empty()) out.clear();
    }

    void on_answer_created(const json::object& event, time_point, dialect_output& out) {
        const auto id = text_at(object_at(event, "response"), "id");
        if (!answers_.begin(id)) report_ignored(out, text_at(event, "type"), "the response's id is too long");
    }

    void on_answer_done(const json::object& event, time_point now, dialect_output& out) {
        const auto& answer = object_at(event, "response");
        const auto status = text_at(answer, "status");
        const auto& details = object_at(answer, "status_details");
        const auto& error = object_at(details, "error");
        const auto reason = text_at(details, "reason");
        const auto id = text_at(answer, "id");
        // An interruption without speech_started: some compatible servers report only its effect.
        if (reason == "turn_detected" && answers_.is_in_progress(id) && !answers_.is_interrupted(id))
            on_speech_started(event, now, out);
        if (status == "cancelled")
            for (const auto& call : answers_.drop_functions(id))
                report_tool_cancelled(out, call);
        if (status == "failed") report_warning(out, text_at(error, "code"), text_at(error, "message"));
        if (status == "incomplete") report_warning(out, reason, "the answer is not complete");
        items_.close(out);
        answers_.end(id);
        ask_for_answer(out);
    }

    void on_function(const json::object& event, time_point, dialect_output& out) {
        const auto answer = text_at(event, "response_id");
        if (answers_.is_interrupted(answer)) return; // it is also sent when interrupted, with a part of the arguments
        const auto id = text_at(event, "call_id");
        if (const auto why = answers_.add_function(id, answer); !why.empty())
            return report_ignored(out, text_at(event, "type"), std::string(why));
        report_tool_call(out, id, text_at(event, "name"), text_at(event, "arguments"));
    }

    void on_agent_words(const json::object& event, time_point, dialect_output& out) {
        memory_.add(true, text_at(event, "transcript"));
        report_words(out, "agent", text_at(event, "transcript"));
    }

    void on_caller_words(const json::object& event, time_point, dialect_output& out) {
        memory_.add(false, text_at(event, "transcript"));
        report_words(out, "caller", text_at(event, "transcript"));
    }

    void on_failed_part(const json::object& event, time_point, dialect_output& out) {
        const auto& error = object_at(event, "error");
        report_warning(out, text_at(event, "type"), text_at(error, "message"));
    }

    void on_error(const json::object& event, time_point now, dialect_output& out) {
        const auto& error = object_at(event, "error");
        const auto code = text_at(error, "code").empty() ? text_at(error, "type") : text_at(error, "code");
        const auto message = text_at(error, "message");
        answers_.request_failed();
        const bool expired = ready_ && code == "session_expired";
        if (expired && now - ready_at_ >= session_life_min) {
            expired_ = over_ = true;
            report_warning(out, code,
                           "the session has reached its maximum length; a new session begins with its latest words");
            ready_ = false; // keys then wait for the next session
            return out.reconnect();
        }
        if (ready_ && !expired && std::ranges::find(fatal_codes, code) == std::end(fatal_codes))
            return report_warning(out, code, message);
        over_ = true;
        out.fail("the service refuses the session: " + excerpt(code) + ": " + excerpt(message));
    }

    openai_settings settings_;
    payload_reader agent_;
    audio_messages caller_;
    item_ledger items_;
    openai_answers answers_;
    typed_keys keys_;
    conversation_memory memory_;
    time_point ready_by_ = time_point::max();
    time_point ready_at_;
    bool ready_ = false;
    bool spoke_ = false;   // the agent spoke, in this call
    bool expired_ = false; // the session has reached its maximum length
    bool over_ = false;    // the rest of this connection is ignored
};

const std::pair<std::string_view, openai_call::handler> openai_call::handlers[17]{
    {"response.output_audio.delta", &openai_call::on_audio},
    {"response.audio.delta", &openai_call::on_audio},
    {"response.output_audio.done", &openai_call::on_audio_done},
    {"response.audio.done", &openai_call::on_audio_done},
    {"response.output_audio_transcript.done", &openai_call::on_agent_words},
    {"response.audio_transcript.done", &openai_call::on_agent_words},
    {"conversation.item.input_audio_transcription.completed", &openai_call::on_caller_words},
    {"conversation.item.input_audio_transcription.failed", &openai_call::on_failed_part},
    {"input_audio_buffer.speech_started", &openai_call::on_speech_started},
    {"response.created", &openai_call::on_answer_created},
    {"response.done", &openai_call::on_answer_done},
    {"response.function_call_arguments.done", &openai_call::on_function},
    {"session.created", &openai_call::on_created},
    {"session.updated", &openai_call::on_updated},
    {"mcp_list_tools.failed", &openai_call::on_failed_part},
    {"response.mcp_call.failed", &openai_call::on_failed_part},
    {"error", &openai_call::on_error},
};

void check(const json::object* session) {
    if (session) read_openai_settings(*session);
}

std::unique_ptr<dialect> make(call_context, json::object session, std::string) {
    return std::make_unique<openai_call>(read_openai_settings(std::move(session)));
}

} // namespace

const dialect_entry openai_dialect{
    .traits = {.name = "openai",
               .speakers = "OpenAI Realtime, and servers compatible with it",
               .subprotocol = "",
               .key = key_place::bearer},
    .check = check,
    .make = make,
};

} // namespace audiosocket::gateway
