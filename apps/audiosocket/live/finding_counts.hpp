// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "diagnosis/finding.hpp"

#include <array>
#include <cstdint>

namespace audiosocket::app {

/// Number of calls and connections with each finding, by diagnosis::code.
using finding_counts = std::array<std::uint64_t, diagnosis::code_count>;

} // namespace audiosocket::app
