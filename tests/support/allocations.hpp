// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>

/// \file
/// Counts what the whole process takes from operator new. A test that includes this has support/allocations.cpp among
/// its sources, which replaces the operators.

namespace audiosocket::test {

/// Allocations since the start of the process.
std::size_t allocations() noexcept;

/// Bytes that are allocated now.
std::size_t live_bytes() noexcept;

} // namespace audiosocket::test
