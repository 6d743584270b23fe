// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "check/target.hpp"

#include <cstddef>

namespace audiosocket::app::check {

/// Measures the growth of the server's memory since the construction, if its process is known. The target must outlive
/// it.
class memory_watch {
  public:
    explicit memory_watch(const target& t);

    /// Returns the growth in bytes; 0 if the process is unknown.
    std::size_t grown() const;

    /// Throws mismatch if the memory has grown by more than this.
    void expect_bounded(std::size_t growth_max) const;

  private:
    std::size_t now() const;

    const target& target_;
    std::size_t before_;
};

} // namespace audiosocket::app::check
