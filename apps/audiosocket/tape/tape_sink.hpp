// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <string_view>

namespace audiosocket::app::tape {

/// Takes the lines of one tape, in order.
class tape_sink {
  public:
    tape_sink() = default;
    tape_sink(const tape_sink&) = delete;
    tape_sink& operator=(const tape_sink&) = delete;
    virtual ~tape_sink() = default;

    /// Adds a line: `members` is the inside of its JSON object, without `t`. Never blocks on the disk.
    virtual void add(std::chrono::milliseconds at, std::string_view members) = 0;
};

} // namespace audiosocket::app::tape
