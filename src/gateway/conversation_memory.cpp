// SPDX-License-Identifier: Apache-2.0
#include "gateway/conversation_memory.hpp"

#include "gateway/reports.hpp"

namespace audiosocket::gateway {
namespace {

// The most text of one turn, in bytes: two minutes of speech. The rest of a longer turn is left out.
constexpr std::size_t turn_bytes_max = 2048;

} // namespace

void conversation_memory::add(bool is_agent, std::string_view words) {
    if (words.empty()) return;
    turns_.push_back({is_agent, excerpt(words, turn_bytes_max)});
    bytes_ += turns_.back().words.size();
    forget_oldest();
}

void conversation_memory::append(bool is_agent, std::string_view piece) {
    if (turns_.empty() || turns_.back().is_agent != is_agent) return add(is_agent, piece);
    auto& words = turns_.back().words;
    if (words.size() + piece.size() > turn_bytes_max) return;
    words += piece;
    bytes_ += piece.size();
    forget_oldest();
}

void conversation_memory::forget_oldest() {
    while (turns_.size() > turns_max || bytes_ > bytes_max) {
        bytes_ -= turns_.front().words.size();
        turns_.pop_front();
    }
}

} // namespace audiosocket::gateway
