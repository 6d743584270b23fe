// SPDX-License-Identifier: Apache-2.0
// What a call of the gateway reports: to the log, as events, to its tape, and to those who look at it.
#include "base/json_text.hpp"
#include "gateway/gateway_call.hpp"

#include <fmt/format.h>

#include <utility>

namespace audiosocket::app::gateway {
namespace {

namespace json = boost::json;
using audiosocket::gateway::dialect_report;
using weight = call_note::weight;

double milliseconds(clock::duration d) {
    return rounded(std::chrono::duration<double, std::milli>(d).count());
}

json::value or_null(const std::optional<clock::duration>& d) {
    return d ? json::value(milliseconds(*d)) : json::value();
}

} // namespace

void gateway_call::note(weight how, std::string name, std::string text, json::object details) {
    note({how, std::move(name), std::move(text), std::move(details)});
}

void gateway_call::note(call_note what) {
    report_.note(what);
}

json::object gateway_call::description() const {
    json::object all{{"hung_up_because", hung_up_because_ ? json::value(*hung_up_because_) : json::value()}};
    if (!link_) return all;
    const auto& s = link_->statistics();
    const auto address = link_->name();
    const auto seconds = [](std::chrono::nanoseconds d) { return rounded(std::chrono::duration<double>(d).count()); };
    all["backend"] = json::object{{"address", address ? json::value(*address) : json::value()},
                                  {"dialect", plan_->dialect->name},
                                  {"state", ended_ || hung_up_because_ ? "ended"
                                            : link_->is_ready()        ? "ready"
                                                                       : "connecting"},
                                  {"connect_ms", milliseconds(link_->connect_time())},
                                  {"early_ms", or_null(early_)},
                                  {"connections", s.connections},
                                  {"round_trip_ms", or_null(link_->round_trip().network())},
                                  {"slowest_ping_ms", or_null(link_->round_trip().slowest())},
                                  {"turns", turn_figures_.count()},
                                  {"last_turn", turn_figures_.last()},
                                  {"mean_turn", turn_figures_.mean()},
                                  {"barge_ins", barge_ins_},
                                  {"tool_calls", s.tool_calls},
                                  {"marks", s.marks},
                                  {"messages_received", s.messages_received},
                                  {"messages_ignored", s.messages_ignored},
                                  {"messages_sent", s.messages_sent},
                                  {"caller_seconds", seconds(s.caller_audio)},
                                  {"caller_lost_seconds", seconds(s.caller_audio_lost)},
                                  {"audio_seconds", seconds(s.audio)},
                                  {"audio_refused_seconds", seconds(s.audio_refused)}};
    return all;
}

void gateway_call::report_connected() {
    const auto name = link_->name().value_or("");
    const double took = milliseconds(link_->connect_time());
    json::object details{{"backend", name}, {"connect_ms", took}};
    auto text = fmt::format("back end {} connected after {:.0f} ms", name, took);
    if (early_ && link_->statistics().connections == 1) {
        details["early_ms"] = milliseconds(*early_);
        text += fmt::format(", dialled {:.0f} ms before the call", milliseconds(*early_));
    }
    note(weight::news, "backend_connected", std::move(text), std::move(details));
    status_->answered(name, took);
}

void gateway_call::report(dialect_report what) {
    using type = dialect_report::type;
    if (what.what != type::ignored) activity_.active(plan_->now());
    switch (what.what) {
    case type::transcript:
        note(weight::detail, "transcript", what.who + ": " + what.text, {{"who", what.who}, {"text", what.text}});
        break;
    case type::tool_call:
        note(weight::news, "tool_call", "the back end asks for the function " + what.name,
             {{"tool_id", what.id}, {"name", what.name}, {"arguments", what.text}});
        if (!ended_ && !hung_up_because_) tools_->call(what.id, what.name, what.text);
        break;
    case type::tool_cancelled:
        note(weight::detail, "tool_cancelled", "function " + what.id + " is cancelled", {{"tool_id", what.id}});
        tools_->cancel(what.id);
        break;
    case type::warning:
        note(weight::warning, "backend_warning", "the back end reports: " + what.name + ' ' + what.text,
             {{"code", what.name}, {"text", what.text}});
        break;
    case type::ignored:
        note(weight::detail, "message_ignored", "message ignored: " + what.name + ' ' + what.text,
             {{"type", what.name}, {"reason", what.text}});
        break;
    }
}

void gateway_call::look_at_turns() {
    const auto turn = turns_->take_turn();
    if (!turn) return;
    turn_figures_.add(*turn);
    link_->turned(*turn);
    plan_->counts->count([&](auto& f) {
        f.turn_time.add(turn->total_time());
        if (const auto network = turn->network_time()) f.network_time.add(*network);
        f.back_end_time.add(turn->back_end_time());
        f.queue_time.add(turn->queue_time());
    });
    note(weight::detail, "turn", fmt::format("answered after {:.0f} ms", milliseconds(turn->total_time())),
         to_json(*turn));
}

} // namespace audiosocket::app::gateway
