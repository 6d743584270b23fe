// SPDX-License-Identifier: Apache-2.0
#include "daemon/context_stream.hpp"

#include <algorithm>
#include <chrono>
#include <string_view>
#include <utility>

namespace audiosocket::app {
namespace {

using std::chrono::milliseconds;

constexpr std::string_view head = "asctx 1\n";
constexpr std::byte entry_follows{1};
constexpr std::byte end_follows{2};

constexpr std::size_t age_offset = 1 + uuid::size_bytes;
constexpr std::size_t length_offset = age_offset + 8;
constexpr std::size_t context_offset = length_offset + 4;
constexpr std::size_t end_bytes = 1 + 4;

// The longest --context-timeout. An older announcement has expired, whatever its exact age.
constexpr std::uint64_t age_max_ms = 86'400'000;

std::span<const std::byte> bytes_of(std::string_view text) {
    return std::as_bytes(std::span(text.data(), text.size()));
}

void append(std::vector<std::byte>& to, std::span<const std::byte> bytes) {
    to.insert(to.end(), bytes.begin(), bytes.end());
}

void append_number(std::vector<std::byte>& to, std::uint64_t value, std::size_t bytes) {
    for (auto left = bytes; left > 0; --left)
        to.push_back(static_cast<std::byte>(value >> (8 * (left - 1))));
}

std::uint64_t number(std::span<const std::byte> bytes) {
    std::uint64_t value = 0;
    for (const auto b : bytes)
        value = value << 8U | static_cast<std::uint64_t>(b);
    return value;
}

} // namespace

std::vector<std::byte> to_bytes(std::span<const waiting_context> all) {
    std::vector<std::byte> out;
    std::size_t size = head.size() + end_bytes;
    for (const auto& one : all)
        size += context_offset + one.context.size();
    out.reserve(size);
    append(out, bytes_of(head));
    for (const auto& one : all) {
        out.push_back(entry_follows);
        append(out, one.id.bytes);
        append_number(out, static_cast<std::uint64_t>(std::chrono::ceil<milliseconds>(one.age).count()), 8);
        append_number(out, one.context.size(), 4);
        append(out, bytes_of(one.context));
    }
    out.push_back(end_follows);
    append_number(out, all.size(), 4);
    return out;
}

void context_reader::feed(std::span<const std::byte> bytes) {
    buffer_.erase(buffer_.begin(), buffer_.begin() + static_cast<std::ptrdiff_t>(std::exchange(read_, 0)));
    append(buffer_, bytes);
}

std::optional<waiting_context> context_reader::next() {
    while (state_ == state::reading && read_head() && skip() && !rest().empty()) {
        if (rest()[0] == end_follows) {
            read_end();
            break;
        }
        if (rest()[0] != entry_follows || entries_ >= entries_bound) return fail();
        if (rest().size() < context_offset) break;
        const auto length = number(rest().subspan(length_offset, 4));
        if (length > context_bytes_bound) return fail();
        const bool refused = length > context_bytes_max_ || returned_ >= entries_max_;
        if (!refused && rest().size() < context_offset + length) break;
        ++entries_;
        if (!refused) return take(length);
        skip_ = context_offset + length;
    }
    return std::nullopt;
}

// Takes an entry that has arrived whole.
waiting_context context_reader::take(std::size_t length) {
    waiting_context one;
    one.id = uuid::from_bytes(rest().subspan<1, uuid::size_bytes>());
    one.age = milliseconds(std::min(number(rest().subspan(age_offset, 8)), age_max_ms));
    const auto context = rest().subspan(context_offset, length);
    one.context.assign(reinterpret_cast<const char*>(context.data()), context.size());
    read_ += context_offset + length;
    ++returned_;
    return one;
}

// Returns whether nothing is left to be skipped.
bool context_reader::skip() {
    const auto arrived = std::min(skip_, rest().size());
    read_ += arrived;
    skip_ -= arrived;
    return skip_ == 0;
}

bool context_reader::read_head() {
    if (head_read_) return true;
    const auto there = std::min(rest().size(), head.size());
    if (!std::ranges::equal(rest().first(there), bytes_of(head).first(there))) fail();
    if (state_ != state::reading || there < head.size()) return false;
    read_ += head.size();
    head_read_ = true;
    return true;
}

void context_reader::read_end() {
    if (rest().size() < end_bytes) return;
    state_ = number(rest().subspan(1, end_bytes - 1)) == entries_ ? state::complete : state::wrong;
}

std::optional<waiting_context> context_reader::fail() {
    state_ = state::wrong;
    return std::nullopt;
}

} // namespace audiosocket::app
