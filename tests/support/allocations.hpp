// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>

/// \file
/// What the whole program takes from operator new, for tests that count it. A test program that includes this has
/// support/allocations.cpp among its sources, which replaces the operators.

namespace audiosocket::test {

/// Allocations since the program began.
std::size_t allocations() noexcept;

/// Bytes that are allocated now.
std::size_t live_bytes() noexcept;

} // namespace audiosocket::test
