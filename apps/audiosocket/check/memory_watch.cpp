// SPDX-License-Identifier: Apache-2.0
#include "check/memory_watch.hpp"

#include "check/conformance_case.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace audiosocket::app::check {

memory_watch::memory_watch(const target& t) : target_(t), before_(now()) {}

std::size_t memory_watch::now() const {
    return figures(target_).resident_bytes;
}

std::size_t memory_watch::grown() const {
    const auto after = now();
    return after - std::min(before_, after);
}

void memory_watch::expect_bounded(std::size_t growth_max) const {
    expect(grown() <= growth_max, fmt::format("{} KiB more memory", grown() / 1024));
}

} // namespace audiosocket::app::check
