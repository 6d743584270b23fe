// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "backend/side.hpp"
#include "unit/gateway/recorded_output.hpp"

#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>

#include <algorithm>
#include <memory>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace audiosocket::test {

/// Records what a side sends and reports: in order as one line each, and by kind.
struct recorded_owner final : app::backend::side_owner {
    std::vector<std::string> texts;
    std::vector<std::vector<std::byte>> binaries;
    std::vector<std::string> events;
    std::vector<std::int16_t> audio;
    std::vector<std::string> violations;
    std::vector<std::string> closes; // "CODE REASON"
    std::string pending;             // the id of the function that waits for its result

    void send_text(std::string_view message) override { texts.emplace_back(message); }
    void send_binary(std::span<const std::byte> message) override {
        binaries.emplace_back(message.begin(), message.end());
    }
    void started(const app::backend::call_start& about) override {
        events.push_back("started " + about.call_id + ' ' + about.stream_id + ' ' + about.format +
                         (about.resumed ? " resumed" : ""));
        parameters = about.parameters;
    }
    void heard(std::span<const std::int16_t> samples) override {
        audio.insert(audio.end(), samples.begin(), samples.end());
    }
    void pressed(std::string_view digits) override { events.push_back("pressed " + std::string(digits)); }
    void marked(std::string_view name, std::string_view how) override {
        events.push_back("mark " + std::string(name) + ' ' + std::string(how));
    }
    bool answered(const app::backend::tool_result& result) override {
        if (result.id.empty() || result.id != pending) return false;
        pending.clear();
        events.push_back("result " + result.name + (result.is_error ? " failed: " : ": ") + result.result);
        return true;
    }
    void noted(std::string_view what, const boost::json::object&) override {
        events.push_back("note " + std::string(what));
    }
    void stopped() override { events.emplace_back("stopped"); }
    void violated(std::string what) override { violations.push_back(std::move(what)); }
    void close(std::uint16_t code, std::string_view reason) override {
        closes.push_back(std::to_string(code) + ' ' + std::string(reason));
    }

    /// Returns the value at this place in the last message.
    std::string last(std::string_view pointer) const {
        if (texts.empty()) return "nothing was sent";
        const auto value = boost::json::parse(texts.back());
        boost::system::error_code error;
        const auto* found = value.find_pointer({pointer.data(), pointer.size()}, error);
        return found == nullptr     ? "missing"
               : found->is_string() ? std::string(found->get_string())
                                    : boost::json::serialize(*found);
    }

    /// Returns the messages since the last call, as JSON.
    std::vector<boost::json::value> take_texts() {
        std::vector<boost::json::value> messages;
        for (const auto& text : std::exchange(texts, {}))
            messages.push_back(boost::json::parse(text));
        return messages;
    }

    boost::json::object parameters; // of started()
};

inline const app::backend::side_traits& side_named(std::string_view dialect) {
    const auto all = app::backend::sides();
    const auto found = std::ranges::find(all, dialect, &app::backend::side_traits::name);
    if (found == all.end()) throw std::logic_error("no dialect " + std::string(dialect));
    return *found;
}

/// The messages of a client that begin a session in a dialect, with ' in place of ".
inline std::vector<std::string> opening_of(std::string_view dialect) {
    if (dialect == "twilio")
        return {"{'event':'connected','protocol':'Call','version':'1.0.0'}",
                "{'event':'start','sequenceNumber':'1','streamSid':'MZ1','start':{'streamSid':'MZ1','accountSid':'AC1',"
                "'callSid':'CA1','tracks':['inbound'],'mediaFormat':{'encoding':'audio/x-mulaw','sampleRate':8000,"
                "'channels':1},'customParameters':{'a':'b'}}}"};
    if (dialect == "pcm")
        return {"{'callSid':'c1','callId':'s1','from':'100','to':'200','sampleRate':16000,'mixType':'mono'}"};
    if (dialect == "openai")
        return {
            "{'type':'session.update','session':{'type':'realtime','audio':{'input':{'format':{'type':'audio/pcmu'}}"
            ",'output':{'format':{'type':'audio/pcmu'}}}}}"};
    if (dialect == "openai-live")
        return {"{'type':'session.start','session':{'model':'gpt-live-1.1','audio':{'format':{'type':'audio/pcm',"
                "'rate':16000}}}}"};
    if (dialect == "gemini")
        return {"{'setup':{'model':'models/m','generationConfig':{'responseModalities':['AUDIO']},"
                "'sessionResumption':{}}}"};
    if (dialect == "deepgram")
        return {"{'type':'Settings','audio':{'input':{'encoding':'linear16','sample_rate':16000},'output':{'encoding':"
                "'mulaw','sample_rate':8000,'container':'none'}},'agent':{'listen':{},'think':{},'speak':{}}}"};
    if (dialect == "elevenlabs")
        return {"{'type':'conversation_initiation_client_data','conversation_config_override':{},"
                "'dynamic_variables':{},'custom_llm_extra_body':{},'source_info':{},'user_id':'u'}"};
    throw std::logic_error("no opening of " + std::string(dialect));
}

} // namespace audiosocket::test
