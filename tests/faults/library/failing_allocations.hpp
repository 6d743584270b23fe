// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>

/// \file
/// Lets operator new fail. failing_allocations.cpp replaces the operators of the whole executable.

namespace audiosocket::test {

/// Lets the `number`-th allocation of this thread from now on fail, once; 1 is the next one. 0: none.
void fail_allocation(std::size_t number) noexcept;

/// Lets the `number`-th allocation of all other threads together fail, once. 0: none.
void fail_allocation_elsewhere(std::size_t number) noexcept;

/// Lets all allocations of this thread fail from now on, or not any more.
void fail_all_allocations(bool all) noexcept;

/// Returns whether an allocation has failed since the last fail_allocation() or fail_allocation_elsewhere().
bool allocation_failed() noexcept;

/// Ends both. Returns what allocation_failed() returns.
bool has_failed_allocation() noexcept;

/// Bytes that operator new has given out, and that were not given back.
std::size_t bytes_in_use() noexcept;

} // namespace audiosocket::test
