// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "unit/gateway/dialect_case.hpp"

/// Shared by the tests of the dialect `gemini`: the service's messages, and a call.
namespace audiosocket::test::gemini_service {

inline const std::string plain_session = "{'model':'models/m'}";
inline const std::string setup_complete = quoted("{'setupComplete':{'sessionId':'s'}}");
inline const std::string turn_complete = quoted("{'serverContent':{'turnComplete':true}}");
inline const std::string interrupted = quoted("{'serverContent':{'interrupted':true}}");

// Two samples.
inline std::string audio(const std::string& type = "audio/pcm;rate=24000", const std::string& data = "AQACAA==") {
    return quoted("{'serverContent':{'modelTurn':{'role':'model','parts':[{'inlineData':{'mimeType':'" + type +
                  "','data':'" + data + "'}}]}}}");
}

inline std::string handle(const std::string& text) {
    return quoted("{'sessionResumptionUpdate':{'newHandle':'" + text + "','resumable':true}}");
}

inline std::string go_away(const std::string& left) {
    return quoted("{'goAway':{'timeLeft':'" + left + "'}}");
}

inline std::string call(const std::string& id, const std::string& name = "find") {
    return quoted("{'toolCall':{'functionCalls':[{'id':'" + id + "','name':'" + name + "','args':{'x':1}}]}}");
}

inline std::string set_up(const std::string& resumption = "{}") {
    return "{'setup':{'model':'models/m','generationConfig':{'responseModalities':['AUDIO']},'sessionResumption':" +
           resumption + ",'contextWindowCompression':{'slidingWindow':{}}}}";
}

class gemini_test : public dialect_case {
  protected:
    gemini_test() : dialect_case("gemini", plain_session) {}

    void open() {
        in->opened(now, out);
        tell(setup_complete);
        out.take_texts();
    }
};

} // namespace audiosocket::test::gemini_service
