// SPDX-License-Identifier: Apache-2.0
// deepgram: Deepgram Voice Agent. Settings come first, then binary audio in both directions, with JSON texts beside it.
// Field names are those of deepgram-sdk 7.17 (deepgram/agent/v1/types).
//
// As the SDK does, this sends Settings as soon as the connection is open, without waiting for Welcome.
#include "gateway/agent_audio.hpp"
#include "gateway/dialect_entry.hpp"
#include "gateway/json_message.hpp"
#include "gateway/reports.hpp"
#include "gateway/session_reader.hpp"
#include "gateway/typed_keys.hpp"

#include <boost/json/array.hpp>
#include <boost/json/serialize.hpp>

#include <algorithm>
#include <array>
#include <deque>
#include <optional>
#include <utility>

namespace audiosocket::gateway {
namespace json = boost::json;

namespace {

// The service closes a connection that is silent for 10 seconds, and wants a KeepAlive every 8 seconds.
constexpr std::chrono::seconds keep_alive_time{8};

// The most function calls that wait for results; beyond that the oldest is forgotten. A turn of a language model
// requests a few.
constexpr std::size_t functions_max = 64;
// Longer than any id or function name of the service.
constexpr std::size_t function_name_bytes_max = 512;

// Messages that do not matter for the call.
constexpr std::array<std::string_view, 12> of_no_concern{
    "Welcome",          "AgentStartedSpeaking", "AgentThinking", "History",      "FunctionCallResponse",
    "LatencyReport",    "ListenUpdated",        "PromptUpdated", "SpeakUpdated", "ThinkUpdated",
    "ThinkLiveUpdated", "FrustrationDetected"};

// --- The session set-up ---

std::string written(const json::value& value) {
    return excerpt(json::serialize(value));
}

encoding encoding_of(const json::object& direction, const std::string& where) {
    const auto name = text_at(direction, "encoding");
    if (name == "linear16") return encoding::slin;
    if (name == "mulaw") return encoding::ulaw;
    if (name != "alaw")
        refuse_set_up(where + ".encoding is " + written(direction.at("encoding")) +
                      R"(; write "linear16", "mulaw" or "alaw")");
    return encoding::alaw;
}

// Reads the format of one direction, and adds what is missing: linear16, at 16,000 Hz, or 8,000 Hz for G.711.
payload_format complete(json::object& session, const std::string& where) {
    set_up_object(session, where);
    auto& direction = made_object(session, where);
    if (!direction.contains("encoding")) direction["encoding"] = "linear16";
    const auto coding = encoding_of(direction, where);
    if (!direction.contains("sample_rate")) direction["sample_rate"] = coding == encoding::slin ? 16'000 : 8000;
    const auto* rate = direction.at("sample_rate").if_int64();
    if (!rate || *rate < 8000 || *rate > 48'000)
        refuse_set_up(where + ".sample_rate is " + written(direction.at("sample_rate")) +
                      "; write a number from 8000 to 48000");
    return {coding, static_cast<int>(*rate)};
}

struct formats {
    payload_format input;
    payload_format output;
};

// Completes the session to the Settings message. Throws std::invalid_argument.
formats complete(json::object& session) {
    const auto* agent = session.if_contains("agent");
    if (!agent || !(agent->is_object() || agent->is_string()))
        refuse_set_up("agent is missing; write the object with listen, think and speak, or the id of an agent");
    if (session.contains("type") && text_at(session, "type") != "Settings")
        refuse_set_up("type is " + written(session.at("type")) + R"(; leave it out, or write "Settings")");
    session["type"] = "Settings";

    formats both;
    both.input = complete(session, "audio.input");
    both.output = complete(session, "audio.output");
    auto& output = made_object(session, "audio.output");
    if (output.contains("container") && text_at(output, "container") != "none")
        refuse_set_up("audio.output.container is " + written(output.at("container")) + R"(; write "none")");
    output["container"] = "none";
    return both;
}

void check(const json::object* session) {
    auto settings = session ? *session : json::object();
    complete(settings);
}

// --- The call ---

class deepgram final : public dialect {
  public:
    explicit deepgram(json::object session)
        : formats_(complete(session)), settings_(json::serialize(session)), audio_(formats_.output) {}

    int caller_rate_hz() const noexcept override { return formats_.input.rate_hz; }

    void opened(time_point, dialect_output& out) override { out.send_text(settings_); }

    void text(std::string_view received, time_point now, dialect_output& out) override {
        const json_message read(received);
        if (!read) return report_ignored(out, {}, read.error());
        const auto& object = read.object();
        const auto type = text_at(object, "type");
        if (type == "SettingsApplied") return begin(now, out);
        if (type == "UserStartedSpeaking") return clear(out);
        if (type == "AgentAudioDone") return audio_.reset();
        if (type == "ConversationText") return converse(object, out);
        if (type == "FunctionCallRequest") return request(object, out);
        if (type == "FunctionCallCancelled") return cancel(object, out);
        if (type == "Error") return out.fail(described(object));
        if (type == "Warning") return report_warning(out, text_at(object, "code"), text_at(object, "description"));
        if (type == "InjectionRefused") return report_warning(out, type, text_at(object, "message"));
        if (std::ranges::find(of_no_concern, type) == of_no_concern.end()) report_unknown(out, type);
    }

    void binary(std::span<const std::byte> received, time_point, dialect_output& out) override {
        audio_.play(received, "binary", out);
    }

    void caller_audio(std::span<const std::int16_t> samples, time_point at, dialect_output& out) override {
        if (samples.empty()) return;
        bytes_.resize(samples.size() * formats_.input.sample_bytes());
        encode(formats_.input.coding, samples, bytes_);
        out.send_binary(bytes_);
        quiet_since_ = std::max(quiet_since_, at);
    }

    // There is no message for keys, so the agent gets them as if the caller had said them.
    void caller_digit(char digit, time_point at, dialect_output& out) override {
        if (keys_.add(digit, at)) send_keys(out);
    }

    void played(const played_event&, dialect_output&) override {}
    void cleared(const cleared_event&, dialect_output&) override {}
    void call_ended(dialect_output&) override {}

    void tool_result(std::string_view id, std::string_view result, bool, dialect_output& out) override {
        const auto name = forget(id);
        if (!name)
            return report_ignored(out, "FunctionCallResponse", "no function call \"" + excerpt(id) + "\" is pending");
        const json::object response{{"type", "FunctionCallResponse"},
                                    {"id", json_text(id)},
                                    {"name", json_text(*name)},
                                    {"content", json_text(result)}};
        out.send_text(json::serialize(response));
    }

    time_point deadline() const noexcept override {
        return ready_ ? std::min(quiet_since_ + keep_alive_time, keys_.deadline()) : time_point::max();
    }

    void tick(time_point now, dialect_output& out) override {
        if (!ready_) return;
        if (now >= keys_.deadline()) send_keys(out);
        if (now < quiet_since_ + keep_alive_time) return;
        out.send_text(R"({"type":"KeepAlive"})");
        quiet_since_ = now;
    }

  private:
    struct function {
        std::string id;
        std::string name;
    };

    void begin(time_point now, dialect_output& out) {
        if (std::exchange(ready_, true)) return; // it is also sent after an update of the session
        quiet_since_ = now;
        out.ready();
    }

    void clear(dialect_output& out) {
        audio_.reset();
        out.clear();
    }

    static std::string described(const json::object& error) {
        std::string text(text_at(error, "description"));
        if (text.empty()) text = text_at(error, "message");
        if (text.empty()) text = "no description";
        if (const auto code = text_at(error, "code"); !code.empty()) text += " (" + std::string(code) + ')';
        return "the back end reports an error: " + excerpt(text, explanation_bytes_max);
    }

    static void converse(const json::object& said, dialect_output& out) {
        const auto role = text_at(said, "role");
        if (role != "user" && role != "assistant")
            return report_ignored(out, "ConversationText", "its role is \"" + excerpt(role) + '"');
        report_words(out, role == "user" ? "caller" : "agent", text_at(said, "content"));
    }

    void request(const json::object& message, dialect_output& out) {
        const auto& functions = array_at(message, "functions");
        if (functions.empty()) return report_ignored(out, "FunctionCallRequest", "it has no functions");
        for (const auto& one : functions) {
            const auto* wanted = one.if_object();
            const auto id = wanted ? text_at(*wanted, "id") : std::string_view();
            const auto name = wanted ? text_at(*wanted, "name") : std::string_view();
            if (id.empty() || name.empty() || id.size() > function_name_bytes_max ||
                name.size() > function_name_bytes_max) {
                report_ignored(out, "FunctionCallRequest", "a function without an id and a name of up to 512 bytes");
                continue;
            }
            const auto* here = wanted->if_contains("client_side");
            if (here && here->is_bool() && !here->get_bool()) continue; // the service calls it
            if (functions_.size() == functions_max) functions_.pop_front();
            functions_.push_back({std::string(id), std::string(name)});
            report_tool_call(out, id, name, text_at(*wanted, "arguments"));
        }
    }

    void cancel(const json::object& message, dialect_output& out) {
        for (const auto& one : array_at(message, "functions")) {
            const auto* cancelled = one.if_object();
            const auto id = cancelled ? text_at(*cancelled, "id") : std::string_view();
            if (forget(id)) report_tool_cancelled(out, id);
        }
    }

    // Removes a pending function call, and returns its name.
    std::optional<std::string> forget(std::string_view id) {
        const auto found = std::ranges::find(functions_, id, &function::id);
        if (found == functions_.end()) return std::nullopt;
        auto name = std::move(found->name);
        functions_.erase(found);
        return name;
    }

    void send_keys(dialect_output& out) {
        const json::object pressed{{"type", "InjectUserMessage"}, {"content", json_text(keys_.take())}};
        out.send_text(json::serialize(pressed));
    }

    formats formats_;
    std::string settings_;
    bool ready_ = false;
    time_point quiet_since_; // when audio or a KeepAlive was last sent
    std::vector<std::byte> bytes_;
    agent_audio audio_;
    typed_keys keys_;
    std::deque<function> functions_;
};

std::unique_ptr<dialect> make(call_context, json::object session, std::string) {
    return std::make_unique<deepgram>(std::move(session));
}

} // namespace

const dialect_entry deepgram_dialect{
    {.name = "deepgram", .speakers = "Deepgram Voice Agent", .subprotocol = "", .key = key_place::token},
    check,
    make,
};

} // namespace audiosocket::gateway
