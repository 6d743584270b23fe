// SPDX-License-Identifier: Apache-2.0
#include "gateway/gateway_metrics.hpp"

namespace audiosocket::app::gateway {
namespace {

double seconds(std::chrono::nanoseconds d) {
    return std::chrono::duration<double>(d).count();
}

} // namespace

std::vector<admin::metric> metrics_of(const gateway_counts::figures& c, const early_calls::figures& early,
                                      const status_sender::figures& posted) {
    return {
        {"audiosocket_gateway_backend_connections_total", "Connections to back ends whose session was set up.",
         static_cast<double>(c.connected)},
        {"audiosocket_gateway_backend_losses_total", "Connections to back ends that could not be made, or were lost.",
         static_cast<double>(c.lost)},
        {"audiosocket_gateway_fallbacks_total", "Calls that went on to another back end (--fallback).",
         static_cast<double>(c.fell_back)},
        {"audiosocket_gateway_calls_without_backend_total", "Calls that were hung up because no back end was left.",
         static_cast<double>(c.without_back_end)},
        {"audiosocket_gateway_calls_without_context_total",
         "Calls that were hung up because they were not announced (--require-context).",
         static_cast<double>(c.without_context)},
        {"audiosocket_gateway_calls_inactive_total",
         "Calls that were hung up because neither side said anything (--inactivity).", static_cast<double>(c.inactive)},
        {"audiosocket_gateway_early_connections",
         "Back ends that were dialled for announced calls, and wait for them (--dial-early).",
         static_cast<double>(early.waiting), true},
        {"audiosocket_gateway_early_used_total", "Back ends dialled early that their calls have taken over.",
         static_cast<double>(early.used)},
        {"audiosocket_gateway_early_expired_total", "Back ends dialled early whose calls did not come in time.",
         static_cast<double>(early.expired)},
        {"audiosocket_gateway_early_withdrawn_total",
         "Back ends dialled early whose announcements were withdrawn or replaced.",
         static_cast<double>(early.withdrawn)},
        {"audiosocket_gateway_early_lost_total", "Back ends dialled early that were lost before their calls arrived.",
         static_cast<double>(early.lost)},
        {"audiosocket_gateway_early_refused_total",
         "Announced calls for which no back end was dialled early, because too many waited.",
         static_cast<double>(early.refused)},
        {"audiosocket_gateway_barge_ins_total", "Times that a back end cut off what was being played.",
         static_cast<double>(c.barge_ins)},
        {"audiosocket_gateway_messages_received_total", "Messages of back ends, of calls that have ended.",
         static_cast<double>(c.ended.messages_received)},
        {"audiosocket_gateway_messages_ignored_total", "Those of them that the dialect does not know, or cannot read.",
         static_cast<double>(c.ended.messages_ignored)},
        {"audiosocket_gateway_messages_sent_total", "Messages to back ends, of calls that have ended.",
         static_cast<double>(c.ended.messages_sent)},
        {"audiosocket_gateway_caller_lost_seconds_total",
         "Audio of callers that no back end took, of calls that have ended.", seconds(c.ended.caller_audio_lost)},
        {"audiosocket_gateway_audio_refused_seconds_total",
         "Audio of back ends that found no room in the queue, of calls that have ended.",
         seconds(c.ended.audio_refused)},
        {"audiosocket_gateway_tool_failures_total",
         "Functions that gave back ends an error: the web server of --tool-url failed, or was not there.",
         static_cast<double>(c.tool_failures)},
        {"audiosocket_gateway_status_delivered_total", "Reports that the web server of --status-url has taken.",
         static_cast<double>(posted.delivered)},
        {"audiosocket_gateway_status_retries_total", "Times that such a report was sent again.",
         static_cast<double>(posted.retried)},
        {"audiosocket_gateway_status_failures_total", "Reports that were given up, or refused by the web server.",
         static_cast<double>(posted.failed)},
        {"audiosocket_gateway_status_dropped_total", "Reports that were dropped because too many waited.",
         static_cast<double>(posted.dropped)},
        {"audiosocket_gateway_status_waiting", "Reports that wait for the web server.",
         static_cast<double>(posted.waiting), true},
        {"audiosocket_gateway_tool_seconds", "What the web server of --tool-url took for a function.", c.tool_time},
        {"audiosocket_gateway_connect_seconds", "From the dialling of a back end to its session.", c.connect_time},
        {"audiosocket_gateway_turn_seconds", "From the end of what the caller says to the first sound of the answer.",
         c.turn_time},
        {"audiosocket_gateway_turn_network_seconds",
         "The part of the network in that, of turns where the back end answers pings.", c.network_time},
        {"audiosocket_gateway_turn_backend_seconds", "The part of the back end in that.", c.back_end_time},
        {"audiosocket_gateway_turn_queue_seconds", "What the answer waited in our queue.", c.queue_time},
        {"audiosocket_gateway_ping_seconds", "What back ends take to answer a ping.", c.ping_time},
    };
}

} // namespace audiosocket::app::gateway
