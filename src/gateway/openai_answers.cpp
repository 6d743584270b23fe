// SPDX-License-Identifier: Apache-2.0
#include "gateway/openai_answers.hpp"

#include <algorithm>
#include <utility>

namespace audiosocket::gateway {
namespace {

bool holds(const std::vector<std::string>& ids, std::string_view id) noexcept {
    return std::ranges::find(ids, id) != ids.end();
}

// Adds an id that is not there yet. Forgets the oldest if there are too many.
void remember(std::vector<std::string>& ids, std::string_view id) {
    if (holds(ids, id)) return;
    if (ids.size() >= openai_answers::answers_max) ids.erase(ids.begin());
    ids.emplace_back(id);
}

} // namespace

bool openai_answers::begin(std::string_view id) {
    requested_ = false;
    if (id.size() > id_bytes_max) return false;
    std::erase(interrupted_, id); // without ids, the next answer has the same id
    remember(in_progress_, id);
    return true;
}

void openai_answers::end(std::string_view id) {
    std::erase(in_progress_, id);
}

bool openai_answers::is_in_progress(std::string_view id) const noexcept {
    return holds(in_progress_, id);
}

void openai_answers::interrupt(std::string_view id) {
    remember(interrupted_, id);
}

void openai_answers::interrupt_all() {
    for (const auto& id : in_progress_)
        remember(interrupted_, id);
}

bool openai_answers::is_interrupted(std::string_view id) const noexcept {
    return holds(interrupted_, id);
}

std::string_view openai_answers::add_function(std::string_view id, std::string_view answer) {
    if (id.empty()) return "the function call has no id";
    if (id.size() > id_bytes_max || answer.size() > id_bytes_max) return "the function call's id is too long";
    if (functions_.size() >= functions_max) return "too many functions wait for their results";
    if (std::ranges::find(functions_, id, &function::id) != functions_.end()) return "this function call waits already";
    functions_.push_back({std::string(id), std::string(answer)});
    return {};
}

bool openai_answers::take_function(std::string_view id) {
    const auto found = std::ranges::find(functions_, id, &function::id);
    if (found == functions_.end()) return false;
    const auto answer = std::move(found->answer);
    functions_.erase(found);
    if (std::ranges::find(functions_, answer, &function::answer) == functions_.end()) want();
    return true;
}

std::vector<std::string> openai_answers::drop_functions(std::string_view answer) {
    std::vector<std::string> dropped;
    for (const auto& one : functions_)
        if (one.answer == answer) dropped.push_back(one.id);
    std::erase_if(functions_, [&](const function& one) { return one.answer == answer; });
    return dropped;
}

bool openai_answers::take_wish() noexcept {
    if (!wanted_ || requested_ || !in_progress_.empty()) return false;
    wanted_ = false;
    requested_ = true;
    return true;
}

} // namespace audiosocket::gateway
