// SPDX-License-Identifier: Apache-2.0
#include "tape/tape_reader.hpp"

#include "base/failure.hpp"

#include <fmt/format.h>

#include <cstring>
#include <stdexcept>
#include <utility>

namespace audiosocket::app::tape {
namespace {

constexpr std::size_t block_bytes = 64 * 1024;

} // namespace

tape_reader::tape_reader(source from) : from_(std::move(from)), block_(block_bytes) {
    if (!read_line()) throw failure(exit_code::file, "is empty");
    if (line_is_too_long_) throw failure(exit_code::file, "line 1 is too long for the head of a tape");
    head_ = read_head(line_);
}

// Reads up to the end of the line, but keeps no more than a line may have.
bool tape_reader::read_line() {
    line_.clear();
    line_is_too_long_ = false;
    line_is_cut_ = false;
    bool any = false;
    for (;;) {
        if (used_ == size_) {
            used_ = 0;
            size_ = from_(block_);
            if (size_ == 0) break;
        }
        any = true;
        const char* begin = reinterpret_cast<const char*>(block_.data()) + used_;
        const std::size_t rest = size_ - used_;
        const auto* end = static_cast<const char*>(std::memchr(begin, '\n', rest));
        const std::size_t length = end != nullptr ? static_cast<std::size_t>(end - begin) : rest;
        if (line_.size() + length > line_bytes_max)
            line_is_too_long_ = true;
        else if (!line_is_too_long_)
            line_.append(begin, length);
        used_ += length;
        if (end == nullptr) continue;
        ++used_;
        ++line_number_;
        return true;
    }
    if (any) ++line_number_;
    line_is_cut_ = any;
    return any;
}

std::optional<tape_entry> tape_reader::next() {
    while (read_line()) {
        if (line_is_too_long_) {
            damaged(fmt::format("is longer than {} MiB", line_bytes_max >> 20));
            continue;
        }
        try {
            return read_entry(line_, line_number_);
        } catch (const std::invalid_argument& e) {
            damaged(line_is_cut_ ? "is not complete: the tape ends within it" : e.what());
        }
    }
    return std::nullopt;
}

void tape_reader::damaged(std::string why) {
    ++damaged_lines_;
    if (damages_.size() < damages_kept) damages_.push_back({line_number_, std::move(why)});
}

} // namespace audiosocket::app::tape
