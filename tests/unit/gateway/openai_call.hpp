// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "unit/gateway/dialect_case.hpp"

#include <audiosocket/gateway/base64.hpp>

#include <gtest/gtest.h>

#include <chrono>
#include <memory>
#include <string>
#include <vector>

/// Shared by the tests of the dialect `openai`: the service's events, and a call.
namespace audiosocket::test::openai_service {

using namespace audiosocket::gateway;

// Returns this many milliseconds of audio, as base64 of 24 kHz linear samples.
inline std::string audio_of(int ms) {
    const std::vector<std::int16_t> samples(static_cast<std::size_t>(ms) * 24, 100);
    std::string text;
    append_base64(text, std::as_bytes(std::span(samples)));
    return text;
}

inline std::string delta(const std::string& response, const std::string& item, const std::string& audio) {
    return quoted("{'type':'response.output_audio.delta','event_id':'e','response_id':'" + response + "','item_id':'" +
                  item + "','output_index':0,'content_index':0,'delta':'" + audio + "'}");
}

inline std::string message_of(const std::string& type, const std::string& more = "") {
    return quoted("{'type':'" + type + "','event_id':'e'" + more + "}");
}

inline std::string created(const std::string& id) {
    return message_of("response.created", ",'response':{'id':'" + id + "','status':'in_progress'}");
}

inline std::string done(const std::string& id, const std::string& status, const std::string& details = "null") {
    return message_of("response.done",
                      ",'response':{'id':'" + id + "','status':'" + status + "','status_details':" + details + "}");
}

inline std::string audio_done(const std::string& response, const std::string& item) {
    return message_of("response.output_audio.done",
                      ",'response_id':'" + response + "','item_id':'" + item + "','output_index':0,'content_index':0");
}

inline std::string speech_started() {
    return message_of("input_audio_buffer.speech_started", ",'audio_start_ms':1000,'item_id':'item_user'");
}

inline std::string function_done(const std::string& response, const std::string& call) {
    return message_of("response.function_call_arguments.done", ",'response_id':'" + response +
                                                                   "','item_id':'item_f','output_index':0,'call_id':'" +
                                                                   call + "','name':'find','arguments':'{\\'x\\':1}'");
}

inline std::string truncation(const std::string& item, int ms) {
    return "{'type':'conversation.item.truncate','item_id':'" + item +
           "','content_index':0,'audio_end_ms':" + std::to_string(ms) + "}";
}

class openai_test : public dialect_case {
  protected:
    explicit openai_test(const std::string& session = "") : dialect_case("openai", session) {}

    void open() {
        in->opened(now, out);
        tell(message_of("session.created", ",'session':{}"));
        tell(message_of("session.updated", ",'session':{}"));
        out.take_texts();
        out.marks.clear(); // the one at the beginning
    }
};

} // namespace audiosocket::test::openai_service
