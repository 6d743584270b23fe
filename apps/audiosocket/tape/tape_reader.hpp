// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "tape/tape_format.hpp"

#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <vector>

namespace audiosocket::app::tape {

/// A place where a tape cannot be read.
struct tape_damage {
    std::size_t line = 0;
    std::string why{};
};

/// Reads a tape line by line. A damaged line is left out and reported.
class tape_reader {
  public:
    /// Fills the span from its front and returns how many bytes it has; 0 at the end.
    using source = std::function<std::size_t(std::span<std::byte>)>;

    /// Reads the head. Throws failure (file) if there is none.
    explicit tape_reader(source from);

    const tape_head& head() const noexcept { return head_; }

    /// Returns the next event; nothing at the end.
    std::optional<tape_entry> next();

    /// The first places that could not be read, and how many there were in all.
    static constexpr std::size_t damages_kept = 100;
    const std::vector<tape_damage>& damages() const noexcept { return damages_; }
    std::uint64_t damaged_lines() const noexcept { return damaged_lines_; }

  private:
    bool read_line();
    void damaged(std::string why);

    source from_;
    std::vector<std::byte> block_;
    std::size_t used_ = 0; // of the block
    std::size_t size_ = 0;
    std::string line_;
    std::size_t line_number_ = 0;
    bool line_is_too_long_ = false;
    bool line_is_cut_ = false; // the file ends within it
    tape_head head_;
    std::vector<tape_damage> damages_;
    std::uint64_t damaged_lines_ = 0;
};

} // namespace audiosocket::app::tape
