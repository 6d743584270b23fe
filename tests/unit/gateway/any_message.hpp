// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "unit/gateway/sample_call.hpp"

#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

namespace audiosocket::test {

/// Messages of all dialects with all their fields. Each dialect receives all of them.
inline const std::vector<std::string> messages = [] {
    const std::string stream = "MZ0123456789abcdef0123456789abcdef";
    std::vector<std::string> all{
        "{'event':'media','streamSid':'" + stream + "','media':{'payload':'AFX/gA=='}}",
        "{'event':'mark','streamSid':'" + stream + "','mark':{'name':'one \\u00e4 two'}}",
        "{'event':'clear','streamSid':'" + stream + "'}",
        "{'type':'mark','data':{'name':'a'}}",
        "{'type':'killAudio'}",
        "{'type':'clearMarks'}",
        "{'type':'playAudio','data':{'audioContent':'AAEAAQ==','audioContentType':'raw','sampleRate':8000,"
        "'id':'x','queuePlay':true}}",
        "{'type':'disconnect'}",
        "{'type':'Welcome','request_id':'r'}",
        "{'type':'SettingsApplied'}",
        "{'type':'UserStartedSpeaking'}",
        "{'type':'ConversationText','role':'user','content':'Hi'}",
        "{'type':'FunctionCallRequest','functions':[{'id':'f1','name':'n','arguments':'{}','client_side':true}]}",
        "{'type':'FunctionCallCancelled','functions':[{'id':'f1','name':'n'}]}",
        "{'type':'Error','code':'c','description':'d'}",
        "{'type':'Warning','code':'c','description':'d'}",
        "{'type':'conversation_initiation_metadata','conversation_initiation_metadata_event':{'conversation_id':'c',"
        "'agent_output_audio_format':'pcm_16000','user_input_audio_format':'ulaw_8000'}}",
        "{'type':'audio','audio_event':{'audio_base_64':'AAEAAQ==','event_id':1}}",
        "{'type':'interruption','interruption_event':{'event_id':1}}",
        "{'type':'ping','ping_event':{'event_id':1,'ping_ms':20}}",
        "{'type':'client_tool_call','client_tool_call':{'tool_name':'n','tool_call_id':'f1','parameters':{'a':[1]}}}",
        "{'type':'agent_tool_response','agent_tool_response':{'tool_name':'end_call','is_error':false}}",
        "{'type':'error','error_event':{'code':1008,'message':'m','error_type':'t'}}",
        "{'type':'user_transcript','user_transcription_event':{'user_transcript':'Hi'}}",
        "{'type':'agent_response','agent_response_event':{'agent_response':'Hi'}}",
        "{'type':'session.created','session':{}}",
        "{'type':'session.updated','session':{}}",
        "{'type':'response.created','response':{'id':'r'}}",
        "{'type':'response.output_audio.delta','response_id':'r','item_id':'i','content_index':0,'delta':'AAEAAQ=='}",
        "{'type':'response.output_audio.done','response_id':'r','item_id':'i'}",
        "{'type':'response.function_call_arguments.done','response_id':'r','call_id':'f1','name':'n','arguments':'{}'}",
        "{'type':'input_audio_buffer.speech_started','audio_start_ms':1,'item_id':'i'}",
        "{'type':'response.done','response':{'id':'r','status':'cancelled','status_details':{'reason':'turn_detected'}}"
        "}",
        "{'type':'error','error':{'type':'t','code':'c','message':'m'}}",
        "{'type':'session.started','session':{}}",
        "{'type':'session.output_audio.delta','delta':'AAEAAQ=='}",
        "{'type':'session.delegation.created','delegation':{'id':'f1','target':'client'}}",
        "{'type':'session.closed','reason':'expired'}",
        "{'setupComplete':{}}",
        "{'serverContent':{'modelTurn':{'parts':[{'inlineData':{'mimeType':'audio/"
        "pcm;rate=24000','data':'AAEAAQ=='}}]},"
        "'interrupted':true,'turnComplete':true}}",
        "{'toolCall':{'functionCalls':[{'id':'f1','name':'n','args':{}}]}}",
        "{'toolCallCancellation':{'ids':['f1']}}",
        "{'sessionResumptionUpdate':{'newHandle':'h','resumable':true}}",
        "{'goAway':{'timeLeft':'9.5s'}}",
    };
    for (auto& one : all)
        one = quoted(one);
    return all;
}();

/// Returns the first session set-up here that the dialect accepts.
inline std::string any_session(std::string_view name) {
    for (const char* session : {"", "{}", "{'agent':{}}", "{'model':'m'}", "{'model':'models/m'}"})
        if (refusal(name, session).empty()) return session;
    throw std::logic_error("no session set-up here suits the dialect " + std::string(name) + "; add one");
}

inline sample_call any_call(std::string_view name) {
    return sample_call(name, any_session(name));
}

} // namespace audiosocket::test
