// SPDX-License-Identifier: Apache-2.0
#include "gateway/tool_calls.hpp"

#include "base/failure.hpp"
#include "base/printable.hpp"

#include <boost/asio/post.hpp>
#include <boost/json/parse.hpp>

#include <fmt/format.h>

#include <utility>

namespace audiosocket::app::gateway {
namespace {

namespace json = boost::json;
using audiosocket::gateway::call_context;

// What a model learns of an answer that is an error: enough for a sentence, and not a page of HTML.
constexpr std::size_t excerpt_bytes_max = 300;

// Most dialects have JSON here, and one has whatever the model wrote.
json::value arguments_of(std::string_view text) {
    boost::system::error_code error;
    auto value = json::parse(text, error);
    return error ? json::value(text) : value;
}

json::object body_of(const call_context& context, std::string_view id, std::string_view name,
                     std::string_view arguments) {
    json::object parameters;
    for (const auto& [key, value] : context.parameters)
        parameters.emplace(key, value);
    return {{"time", utc_now()},
            {"call", json::object{{"id", to_string(context.id)},
                                  {"from", context.from},
                                  {"to", context.to},
                                  {"parameters", std::move(parameters)}}},
            {"tool", json::object{{"id", id}, {"name", name}, {"arguments", arguments_of(arguments)}}}};
}

// What the model gets.
tool_answer answer_of(const websocket::post_answer& answer) {
    if (answer.status == 0) return {"the function could not be called: " + answer.failure, true};
    const bool readable = is_utf8(answer.body); // back ends end the session of a message that is not
    if (answer.is_good()) {
        if (readable) return {answer.body, false};
        return {"the function's answer is not text in UTF-8", true};
    }
    auto text = fmt::format("the function failed with HTTP {}", answer.status);
    if (readable && !answer.body.empty() && answer.body.size() <= excerpt_bytes_max) text += ": " + answer.body;
    return {text, true};
}

} // namespace

tool_calls::tool_calls(boost::asio::any_io_executor executor, tool_plan plan, call_context context,
                       std::function<void()> on_result)
    : executor_(std::move(executor)), plan_(std::move(plan)), context_(std::move(context)),
      on_result_(std::move(on_result)) {}

void tool_calls::call(std::string_view id, std::string_view name, std::string_view arguments) {
    tool_result result{std::string(id), std::string(name), {}};
    if (plan_.recorded) {
        result.answer =
            plan_.recorded(name).value_or(tool_answer{"the tape has no further answer of this function", true});
        return add_later(std::move(result));
    }
    std::string why = why_not();
    if (why.empty()) {
        try {
            return post(id, name, arguments);
        } catch (const failure& e) {
            why = e.what();
        }
    }
    result.answer = {"the function could not be called: " + why, true};
    add_later(std::move(result));
}

// Not within the function that asks.
void tool_calls::add_later(tool_result result) {
    boost::asio::post(executor_, [weak = weak_from_this(), epoch = epoch_, result = std::move(result)]() mutable {
        if (const auto self = weak.lock(); self && self->epoch_ == epoch) self->add(std::move(result));
    });
}

std::string tool_calls::why_not() const {
    if (!plan_.hook) return "there is no web server for functions (--tool-url)";
    if (pending_.size() >= calls_max) return fmt::format("{} functions are in progress in this call", calls_max);
    if (*plan_.in_progress >= all_calls_max) return fmt::format("{} functions are in progress", all_calls_max);
    return {};
}

void tool_calls::post(std::string_view id, std::string_view name, std::string_view arguments) {
    auto request = to_request(*plan_.hook, address_of(*plan_.hook, context_), body_of(context_, id, name, arguments));
    const auto which = pending_.insert(pending_.end(), {std::string(id), std::string(name), clock::now(), nullptr});
    ++*plan_.in_progress;
    try {
        which->exchange = websocket::post(executor_, std::move(request),
                                          [weak = weak_from_this(), which](const websocket::post_answer& answer) {
                                              if (const auto self = weak.lock()) self->answered(which, answer);
                                          });
    } catch (...) {
        drop(which);
        throw;
    }
}

void tool_calls::answered(pendings::iterator which, const websocket::post_answer& answer) {
    tool_result result{which->id, which->name, answer_of(answer), clock::now() - which->since};
    drop(which);
    add(std::move(result));
}

void tool_calls::add(tool_result result) {
    results_.push_back(std::move(result));
    on_result_();
}

tool_calls::pendings::iterator tool_calls::drop(pendings::iterator which) {
    --*plan_.in_progress;
    return pending_.erase(which);
}

void tool_calls::cancel(std::string_view id) {
    std::erase_if(results_, [&](const auto& one) { return one.id == id; });
    for (auto which = pending_.begin(); which != pending_.end();) {
        if (which->id != id) {
            ++which;
            continue;
        }
        which->exchange->cancel();
        which = drop(which);
    }
}

void tool_calls::forget_all() {
    ++epoch_;
    results_.clear();
    for (auto which = pending_.begin(); which != pending_.end(); which = drop(which))
        which->exchange->cancel();
}

std::optional<tool_result> tool_calls::take() {
    if (results_.empty()) return std::nullopt;
    auto result = std::move(results_.front());
    results_.pop_front();
    return result;
}

} // namespace audiosocket::app::gateway
