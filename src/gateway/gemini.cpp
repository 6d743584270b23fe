// SPDX-License-Identifier: Apache-2.0
// The dialect of Gemini Live.
//
// How it works: the set-up is sent first; setupComplete means ready(). Messages are JSON, in text or in binary
// messages. Answers arrive ahead of real time; "interrupted" clears them.
//
// A connection lasts about ten minutes, and a call may last longer. The service announces the end with goAway. It also
// sends handles, with which another connection continues the session. The change waits for a quiet moment (no answer is
// being made, and the newest handle has arrived). It waits at most until shortly before the end. A connection that
// fails is also continued with the newest handle.
#include "gateway/agent_audio.hpp"
#include "gateway/audio_messages.hpp"
#include "gateway/dialect_entry.hpp"
#include "gateway/gemini_settings.hpp"
#include "gateway/json_message.hpp"
#include "gateway/reports.hpp"
#include "gateway/session_reader.hpp"
#include "gateway/typed_keys.hpp"

#include <boost/json/array.hpp>
#include <boost/json/serialize.hpp>

#include <algorithm>
#include <array>
#include <charconv>
#include <utility>
#include <vector>

namespace audiosocket::gateway {
namespace json = boost::json;

namespace {

using namespace std::chrono_literals;

// "natively 16kHz" (the service's guide); answers are at 24 kHz if they name no rate.
constexpr payload_format caller_format{encoding::slin, 16'000};
constexpr int agent_rate_hz = 24'000;

// How long before the end of the old connection the new one is opened: time for a TLS handshake and the set-up.
constexpr auto away_margin = 2s;

// A connection that fails sooner than this after setupComplete, without any audio, is not continued, because the same
// fault would end the next one.
constexpr auto life_min = 2s;

// Shorter connections are of little use to the caller. Only this many in a row are continued: two more than one failure
// of a server needs.
constexpr auto useful_life = 10s;
constexpr int short_connections_max = 3;

// The most functions that wait for results, and the longest id or name. Those of the service have less than 64 bytes.
constexpr std::size_t functions_max = 64;
constexpr std::size_t id_bytes_max = 256;

// Handles have about 50 bytes; 16 KiB is the longest that still fits into a usual message.
constexpr std::size_t handle_bytes_max = 16'384;

// Fields of a message that do not matter for the call.
constexpr std::string_view quiet_fields[]{"usageMetadata", "voiceActivity", "voiceActivityDetectionSignal"};

// Reads a duration of protobuf's JSON ("9.5s") in whole milliseconds. Returns nothing if it is not a duration.
std::optional<std::chrono::milliseconds> duration_at(const json::object& in, std::string_view name) {
    auto text = text_at(in, name);
    if (!text.ends_with('s')) return std::nullopt;
    text.remove_suffix(1);
    std::int64_t seconds = 0;
    const auto read = std::from_chars(text.data(), text.data() + text.size(), seconds);
    if (read.ec != std::errc{} || seconds < 0 || seconds > 86'400) return std::nullopt;
    std::int64_t ms = seconds * 1000;
    text.remove_prefix(static_cast<std::size_t>(read.ptr - text.data()));
    if (text.empty()) return std::chrono::milliseconds(ms);
    if (text.front() != '.') return std::nullopt;
    std::int64_t digit_ms = 100;
    for (const char digit : text.substr(1)) {
        if (digit < '0' || digit > '9') return std::nullopt;
        ms += (digit - '0') * digit_ms;
        digit_ms /= 10;
    }
    return std::chrono::milliseconds(ms);
}

// Returns the result of a function as the object that the service wants, where "output" and "error" have a meaning.
json::object response_of(std::string_view result, bool is_error) {
    if (is_error) return json::object{{"error", result}};
    const json_message read(result);
    if (read) return read.object();
    return json::object{{"output", result}};
}

class gemini_call final : public dialect {
  public:
    explicit gemini_call(gemini_settings settings)
        : settings_(std::move(settings)), agent_({encoding::slin, agent_rate_hz}),
          caller_(caller_format, R"({"realtimeInput":{"audio":{"mimeType":"audio/pcm;rate=16000","data":")",
                  R"("}}})") {}

    int caller_rate_hz() const noexcept override { return caller_.rate_hz(); }

    void opened(time_point now, dialect_output& out) override {
        ready_ = over_ = reconnecting_ = generating_ = spoke_ = false;
        away_by_ = time_point::max();
        functions_.clear();
        agent_.reset();
        now_ = ready_at_ = now;
        out.send_text(gemini_setup_message(settings_, handle_));
    }

    void text(std::string_view message, time_point now, dialect_output& out) override {
        if (over_) return;
        now_ = now;
        const json_message read(message);
        if (!read) return report_ignored(out, {}, read.error());
        bool known = false;
        for (const auto& [name, handle] : handlers) {
            const auto* found = read.object().if_contains({name.data(), name.size()});
            if (!found) continue;
            known = true;
            if (const auto* content = found->if_object())
                (this->*handle)(*content, out);
            else
                report_ignored(out, name, "it is not an object");
            if (over_) return;
        }
        if (known) return;
        const auto is_quiet = [&](std::string_view name) { return read.object().contains({name.data(), name.size()}); };
        if (std::ranges::any_of(quiet_fields, is_quiet)) return;
        const auto first = read.object().begin();
        report_unknown(out, first == read.object().end() ? std::string_view() : std::string_view(first->key()));
    }

    // The service sends its JSON in binary messages as well.
    void binary(std::span<const std::byte> message, time_point now, dialect_output& out) override {
        text({reinterpret_cast<const char*>(message.data()), message.size()}, now, out);
    }

    after_close closed(std::uint16_t code, std::string_view) override {
        const bool was_ready = std::exchange(ready_, false);
        if (reconnecting_) return after_close::reconnect;
        if (over_) return after_close::fail;
        const bool announced = away_by_ != time_point::max();
        bool goes_on = false;
        if (!was_ready) {
            // The service has forgotten the session (handles last two hours), so the call continues in a new session.
            goes_on = !std::exchange(handle_, {}).empty();
        } else if (announced) {
            goes_on = true;
        } else if (code == 1000 || code == 1005) {
            // If the server has served the call, this is the end of the call.
            return spoke_ || turns_ > 0 ? after_close::hang_up : after_close::fail;
        } else {
            goes_on = !handle_.empty() && (spoke_ || lived() >= life_min);
        }
        return goes_on && may_go_on() ? after_close::reconnect : after_close::fail;
    }

    void caller_audio(std::span<const std::int16_t> samples, time_point at, dialect_output& out) override {
        now_ = std::max(now_, at);
        if (ready_) caller_.add(samples, out);
    }

    void caller_digit(char digit, time_point at, dialect_output& out) override {
        if (keys_.add(digit, at)) send_words(keys_.take(), out);
    }

    // The service does not need to know what was played.
    void played(const played_event&, dialect_output&) override {}
    void cleared(const cleared_event&, dialect_output&) override {}

    // The end of the connection ends the session.
    void call_ended(dialect_output&) override {}

    void tool_result(std::string_view id, std::string_view result, bool is_error, dialect_output& out) override {
        const auto found = std::ranges::find(functions_, id, &function::id);
        if (found == functions_.end())
            return report_ignored(out, "toolResponse", "no function call waits for the id " + excerpt(id));
        json::object response{{"name", found->name}, {"response", response_of(result, is_error)}};
        if (found->has_id) response["id"] = found->id;
        functions_.erase(found);
        json::array responses;
        responses.push_back(std::move(response));
        json::object answer{{"functionResponses", std::move(responses)}};
        out.send_text(json::serialize(json::object{{"toolResponse", std::move(answer)}}));
    }

    time_point deadline() const noexcept override {
        return ready_ ? std::min(keys_.deadline(), away_by_) : time_point::max();
    }

    void tick(time_point now, dialect_output& out) override {
        if (!ready_) return;
        now_ = now;
        if (now >= keys_.deadline()) send_words(keys_.take(), out);
        if (now >= away_by_) change_connection(out);
    }

  private:
    using handler = void (gemini_call::*)(const json::object&, dialect_output&);
    static const std::pair<std::string_view, handler> handlers[7];

    struct function {
        std::string id;
        std::string name;
        bool has_id = true; // otherwise the name is used as id
    };

    static void send_words(std::string_view words, dialect_output& out) {
        json::object input{{"text", words}};
        out.send_text(json::serialize(json::object{{"realtimeInput", std::move(input)}}));
    }

    clock::duration lived() const noexcept { return now_ - ready_at_; }

    // Returns whether there may be another connection: not after too many short ones.
    bool may_go_on() {
        if (lived() >= useful_life) short_connections_ = 0;
        return ++short_connections_ <= short_connections_max;
    }

    void change_connection(dialect_output& out) {
        if (!may_go_on()) {
            over_ = true;
            return out.fail("the service ends each connection as soon as it is set up");
        }
        if (handle_.empty())
            report_warning(out, "not_resumable",
                           "the service has sent no handle; a new session begins without the words so far");
        over_ = reconnecting_ = true;
        ready_ = false;
        out.reconnect();
    }

    // Changes the connection if the old one ends soon and nothing is lost by the change. A connection that ends soon
    // after its beginning is used to its end.
    void change_if_quiet(dialect_output& out) {
        const bool is_quiet = !generating_ && handle_is_new_ && lived() >= useful_life;
        if (away_by_ != time_point::max() && is_quiet) change_connection(out);
    }

    // --- Messages ---

    void on_setup_complete(const json::object&, dialect_output& out) {
        if (std::exchange(ready_, true)) return;
        ready_at_ = now_;
        out.ready();
        if (settings_.greeting.empty()) return;
        send_words(settings_.greeting, out);
        settings_.greeting.clear(); // once for each call, not for each connection
    }

    void on_content(const json::object& content, dialect_output& out) {
        if (flag_at(content, "interrupted")) {
            generating_ = false;
            to_mark_ = false;
            agent_.reset();
            out.clear();
        }
        for (const auto& part : array_at(object_at(content, "modelTurn"), "parts"))
            if (const auto* found = part.if_object()) on_part(*found, out);
        report_words(out, "caller", text_at(object_at(content, "inputTranscription"), "text"));
        report_words(out, "agent", text_at(object_at(content, "outputTranscription"), "text"));
        if (flag_at(content, "generationComplete")) generating_ = false;
        if (!flag_at(content, "turnComplete")) return;
        generating_ = false;
        if (std::exchange(to_mark_, false)) out.mark("turn " + std::to_string(++turns_));
        change_if_quiet(out);
    }

    void on_part(const json::object& part, dialect_output& out) {
        const auto& data = object_at(part, "inlineData");
        if (data.empty()) return; // it is text: the thoughts of the model
        const int rate_hz = pcm_rate_of(text_at(data, "mimeType"), agent_rate_hz);
        if (rate_hz == 0)
            return report_ignored(out, "inlineData",
                                  "its type is " + excerpt(text_at(data, "mimeType")) +
                                      ", and not audio/pcm at 4000 to 192000 Hz");
        if (rate_hz != agent_.format().rate_hz) agent_ = agent_audio({encoding::slin, rate_hz});
        generating_ = to_mark_ = true;
        handle_is_new_ = false;
        spoke_ = true;
        agent_.play_base64(text_at(data, "data"), "inlineData", out);
    }

    void on_tool_call(const json::object& call, dialect_output& out) {
        for (const auto& one : array_at(call, "functionCalls"))
            if (const auto* found = one.if_object()) add_function(*found, out);
    }

    void add_function(const json::object& call, dialect_output& out) {
        const auto name = text_at(call, "name");
        const bool has_id = !text_at(call, "id").empty();
        const auto id = has_id ? text_at(call, "id") : name;
        if (name.empty()) return report_ignored(out, "toolCall", "the function call has no name");
        if (id.size() > id_bytes_max || name.size() > id_bytes_max)
            return report_ignored(out, "toolCall", "the function call's id or name is too long");
        if (functions_.size() >= functions_max)
            return report_ignored(out, "toolCall", "too many functions wait for their results");
        functions_.push_back({std::string(id), std::string(name), has_id});
        report_tool_call(out, id, name, json::serialize(object_at(call, "args")));
    }

    void on_cancellation(const json::object& cancellation, dialect_output& out) {
        for (const auto& one : array_at(cancellation, "ids")) {
            const auto* id = one.if_string();
            if (!id) continue;
            const std::string_view text(id->data(), id->size());
            const auto is_it = [&](const function& f) { return f.id == text; };
            if (std::erase_if(functions_, is_it) > 0) report_tool_cancelled(out, text);
        }
    }

    void on_go_away(const json::object& away, dialect_output& out) {
        const auto left = duration_at(away, "timeLeft").value_or(0ms);
        away_by_ = now_ + std::max<std::chrono::milliseconds>(left - away_margin, 0ms);
        if (ready_) change_if_quiet(out);
    }

    // While an answer is being made, the session cannot be continued from this point, so the handle before it stays the
    // newest.
    void on_resumption(const json::object& update, dialect_output& out) {
        const auto handle = text_at(update, "newHandle");
        if (!flag_at(update, "resumable") || handle.empty()) return;
        if (handle.size() > handle_bytes_max)
            return report_ignored(out, "sessionResumptionUpdate", "the handle is too long");
        handle_ = handle;
        handle_is_new_ = true;
        if (ready_) change_if_quiet(out);
    }

    void on_error(const json::object& error, dialect_output& out) {
        const auto status = text_at(error, "status");
        if (ready_) return report_warning(out, status, text_at(error, "message"));
        over_ = true;
        out.fail("the service refuses the session: " + excerpt(status) + ": " + excerpt(text_at(error, "message")));
    }

    gemini_settings settings_;
    agent_audio agent_;
    audio_messages caller_;
    typed_keys keys_;
    std::vector<function> functions_; // functions that wait for a result
    std::string handle_;              // the newest handle that continues the session
    time_point now_;                  // the latest known time
    time_point ready_at_;
    time_point away_by_ = time_point::max(); // until when the connection must be changed
    int short_connections_ = 0;              // in a row
    std::uint64_t turns_ = 0;
    bool ready_ = false;
    bool over_ = false;          // the rest of this connection is ignored
    bool reconnecting_ = false;  // reconnect() was called
    bool generating_ = false;    // an answer is being made
    bool handle_is_new_ = false; // nothing was said since the handle
    bool to_mark_ = false;       // audio was played since the last mark
    bool spoke_ = false;         // the agent spoke, in this connection
};

// In the order in which the fields of one message must be handled.
const std::pair<std::string_view, gemini_call::handler> gemini_call::handlers[7]{
    {"setupComplete", &gemini_call::on_setup_complete},
    {"serverContent", &gemini_call::on_content},
    {"toolCall", &gemini_call::on_tool_call},
    {"toolCallCancellation", &gemini_call::on_cancellation},
    {"sessionResumptionUpdate", &gemini_call::on_resumption},
    {"goAway", &gemini_call::on_go_away},
    {"error", &gemini_call::on_error},
};

void check(const json::object* session) {
    if (!session) refuse_set_up(R"(it is missing; this dialect needs at least {"model": "models/NAME"})");
    read_gemini_settings(*session);
}

std::unique_ptr<dialect> make(call_context, json::object session, std::string) {
    return std::make_unique<gemini_call>(read_gemini_settings(std::move(session)));
}

} // namespace

const dialect_entry gemini_dialect{
    .traits = {.name = "gemini", .speakers = "Gemini Live", .subprotocol = "", .key = key_place::query},
    .check = check,
    .make = make,
};

} // namespace audiosocket::gateway
