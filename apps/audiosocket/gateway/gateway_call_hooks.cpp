// SPDX-License-Identifier: Apache-2.0
// What a call of the gateway posts to web servers: its status, and the functions that its back end asks for.
#include "base/failure.hpp"
#include "base/json_text.hpp"
#include "gateway/gateway_call.hpp"

#include <fmt/format.h>

namespace audiosocket::app::gateway {

using weight = call_note::weight;

void gateway_call::begin_hooks() {
    tools_ = std::make_shared<tool_calls>(call_.get_executor(), plan_->tools, context_, [weak = weak_from_this()] {
        if (const auto self = weak.lock()) self->progressed();
    });
    try {
        status_.emplace(plan_->status, context_);
    } catch (const failure& e) {
        note(weight::warning, "status_refused", std::string("no status is posted (--status-url): ") + e.what());
        status_.emplace(nullptr, context_);
    }
    status_->started(call_, context_);
}

void gateway_call::end_hooks(const ended_event& e) {
    tools_->forget_all();
    const auto lasted = std::chrono::duration<double>(plan_->now() - began_).count();
    status_->ended(call_, e, rounded(lasted), description());
}

// Results wait while no back end is ready: the session may go on in another connection.
void gateway_call::deliver_results() {
    while (link_ && link_->is_ready()) {
        const auto result = tools_->take();
        if (!result) return;
        const double ms = rounded(std::chrono::duration<double, std::milli>(result->took).count());
        plan_->counts->count([&](auto& f) {
            if (result->answer.is_error) ++f.tool_failures;
            if (plan_->tools.hook) f.tool_time.add(result->took);
        });
        const auto& [text, is_error] = result->answer;
        if (is_error)
            note(weight::warning, "tool_failed", fmt::format("function {}: {}", result->name, text),
                 {{"tool_id", result->id}, {"name", result->name}, {"reason", text}, {"ms", ms}});
        else
            note(weight::detail, "tool_result", fmt::format("function {} answered after {:.0f} ms", result->name, ms),
                 {{"tool_id", result->id}, {"name", result->name}, {"ms", ms}});
        activity_.active(plan_->now());
        link_->tool_result(*result);
    }
}

} // namespace audiosocket::app::gateway
