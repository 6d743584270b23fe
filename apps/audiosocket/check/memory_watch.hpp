// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "check/target.hpp"

#include <cstddef>

namespace audiosocket::app::check {

/// Measures how much memory the server has taken since, where its process is known. The target has to outlive it.
class memory_watch {
  public:
    explicit memory_watch(const target& t);

    /// Returns the growth in bytes; 0 where the process is not known.
    std::size_t grown() const;

    /// Throws mismatch if the server has taken more than this.
    void expect_bounded(std::size_t growth_max) const;

  private:
    std::size_t now() const;

    const target& target_;
    std::size_t before_;
};

} // namespace audiosocket::app::check
