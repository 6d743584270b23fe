// SPDX-License-Identifier: Apache-2.0
#include "gateway/gateway_counts.hpp"

namespace audiosocket::app::gateway {

void add(audiosocket::gateway::bridge_statistics& sum, const audiosocket::gateway::bridge_statistics& one) noexcept {
    sum.messages_received += one.messages_received;
    sum.messages_ignored += one.messages_ignored;
    sum.messages_sent += one.messages_sent;
    sum.caller_audio += one.caller_audio;
    sum.caller_audio_lost += one.caller_audio_lost;
    sum.audio += one.audio;
    sum.audio_refused += one.audio_refused;
    sum.digits += one.digits;
    sum.marks += one.marks;
    sum.clears += one.clears;
    sum.tool_calls += one.tool_calls;
    sum.connections += one.connections;
}

} // namespace audiosocket::app::gateway
