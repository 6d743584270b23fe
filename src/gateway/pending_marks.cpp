// SPDX-License-Identifier: Apache-2.0
#include "gateway/pending_marks.hpp"

#include <charconv>
#include <utility>

namespace audiosocket::gateway {
namespace {

// The prefix of the number of a mark, in its name in the playout queue.
constexpr char prefix = '#';

} // namespace

std::string_view pending_marks::refusal(std::string_view name) const noexcept {
    if (name.size() > name_bytes_max) return "the name of the mark is longer than 512 bytes";
    if (marks_.size() >= marks_max) return "5000 marks are pending; wait until the caller has heard some of them";
    return {};
}

std::string pending_marks::add(std::string_view name, int kind) {
    marks_.push_back({std::string(name), kind, false});
    return prefix + std::to_string(first_ + marks_.size() - 1);
}

std::optional<pending_marks::mark> pending_marks::take(std::string_view queue_name) {
    if (queue_name.empty() || queue_name.front() != prefix) return std::nullopt;
    const char* const end = queue_name.data() + queue_name.size();
    std::uint64_t number = 0;
    const auto read = std::from_chars(queue_name.data() + 1, end, number);
    if (read.ec != std::errc{} || read.ptr != end) return std::nullopt;
    if (number < first_ || number - first_ >= marks_.size()) return std::nullopt;
    for (; first_ < number; ++first_)
        marks_.pop_front();
    ++first_;
    auto taken = std::move(marks_.front());
    marks_.pop_front();
    return taken;
}

} // namespace audiosocket::gateway
