// SPDX-License-Identifier: Apache-2.0
// What a call of the gateway reports: to the log, as events, to its tape, and to those who look at it.
#include "base/json_text.hpp"
#include "gateway/gateway_call.hpp"

#include <boost/asio/post.hpp>

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

} // namespace

void gateway_call::note(weight how, std::string name, std::string text, json::object details) {
    report_.note({how, std::move(name), std::move(text), std::move(details)});
}

// Returns what the bridge is to ask: the tape, which passes it on, or this call.
audiosocket::gateway::dialect_output& gateway_call::begin_tape() {
    if (!plan_->begin_tape) return *this;
    const tape::tape_head head{to_string(context_.id), std::string(plan_->dialect->name),
                               tape::time_now(),       route_->name(),
                               context_.from,          context_.to,
                               context_.parameters};
    const auto on_failure = [weak = weak_from_this(), executor = call_.get_executor()](const std::string& why) {
        if (const auto alive = weak.lock()) // and with it the thread of the call
            boost::asio::post(executor, [weak, why] {
                if (const auto self = weak.lock())
                    self->note(weight::warning, "tape_failed", "the tape is lost: " + why);
            });
    };
    dialect_output& own = *this;
    return tape_.emplace(plan_->begin_tape(context_.id, head, on_failure), own);
}

json::object gateway_call::description() const {
    if (!bridge_ || !route_) return {};
    const auto& s = bridge_->statistics();
    const auto seconds = [](std::chrono::nanoseconds d) { return rounded(std::chrono::duration<double>(d).count()); };
    return {
        {"backend", json::object{{"address", route_->has_next() ? json::value(route_->name()) : json::value()},
                                 {"dialect", plan_->dialect->name},
                                 {"state", ended_ || leaving_    ? "ended"
                                           : bridge_->is_ready() ? "ready"
                                                                 : "connecting"},
                                 {"connect_ms", milliseconds(connect_time_)},
                                 {"connections", s.connections},
                                 {"turns", turn_count_},
                                 {"last_turn_ms", last_turn_ ? json::value(milliseconds(*last_turn_)) : json::value()},
                                 {"barge_ins", barge_ins_},
                                 {"tool_calls", s.tool_calls},
                                 {"marks", s.marks},
                                 {"messages_received", s.messages_received},
                                 {"messages_ignored", s.messages_ignored},
                                 {"messages_sent", s.messages_sent},
                                 {"caller_seconds", seconds(s.caller_audio)},
                                 {"caller_lost_seconds", seconds(s.caller_audio_lost)},
                                 {"audio_seconds", seconds(s.audio)},
                                 {"audio_refused_seconds", seconds(s.audio_refused)}}}};
}

void gateway_call::report_connected() {
    note(weight::news, "backend_connected",
         fmt::format("back end {} connected after {:.0f} ms", route_->name(), milliseconds(connect_time_)),
         {{"backend", route_->name()}, {"connect_ms", milliseconds(connect_time_)}});
    status_->answered(route_->name(), milliseconds(connect_time_));
}

void gateway_call::report(dialect_report what) {
    using type = dialect_report::type;
    switch (what.what) {
    case type::transcript:
        note(weight::detail, "transcript", what.who + ": " + what.text, {{"who", what.who}, {"text", what.text}});
        break;
    case type::tool_call:
        note(weight::news, "tool_call", "the back end asks for the function " + what.name,
             {{"tool_id", what.id}, {"name", what.name}, {"arguments", what.text}});
        if (!ended_ && !leaving_) tools_->call(what.id, what.name, what.text);
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
    ++turn_count_;
    if (tape_) tape_->turned(*turn);
    last_turn_ = turn->total_time();
    plan_->counts->count([&](auto& f) {
        f.turn_time.add(turn->total_time());
        f.back_end_time.add(turn->back_end_time());
    });
    note(weight::detail, "turn", fmt::format("answered after {:.0f} ms", milliseconds(turn->total_time())),
         {{"total_ms", milliseconds(turn->total_time())},
          {"backend_ms", milliseconds(turn->back_end_time())},
          {"queue_ms", milliseconds(turn->queue_time())}});
}

} // namespace audiosocket::app::gateway
