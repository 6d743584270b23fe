// SPDX-License-Identifier: Apache-2.0
#include "faults/library/failing_allocations.hpp"

#include <atomic>
#include <cstdlib>
#include <malloc.h>
#include <new>

// The standard library's other forms (arrays, sized, nothrow) call these. Nothing here is over-aligned.

namespace {
std::atomic<std::size_t> in_use;
thread_local std::size_t until_failure = 0; // 0: none fails
thread_local bool all_fail = false;
thread_local bool is_spared = false; // fail_allocation_elsewhere() was called here
std::atomic<std::size_t> until_failure_elsewhere = 0;
std::atomic<bool> failed = false;

// Counts this allocation. Returns whether it fails.
bool fails() noexcept {
    if (all_fail) return failed = true;
    if (until_failure > 0 && --until_failure == 0) return failed = true;
    if (is_spared) return false;
    auto left = until_failure_elsewhere.load();
    while (left > 0 && !until_failure_elsewhere.compare_exchange_weak(left, left - 1)) {
    }
    return left == 1 && (failed = true);
}
} // namespace

namespace audiosocket::test {

void fail_allocation(std::size_t number) noexcept {
    until_failure = number;
    failed = false;
}

void fail_allocation_elsewhere(std::size_t number) noexcept {
    is_spared = true;
    failed = false;
    until_failure_elsewhere = number;
}

void fail_all_allocations(bool all) noexcept {
    all_fail = all;
    failed = false;
}

bool allocation_failed() noexcept {
    return failed;
}

bool has_failed_allocation() noexcept {
    until_failure = 0;
    until_failure_elsewhere = 0;
    return failed;
}

std::size_t bytes_in_use() noexcept {
    return in_use;
}

} // namespace audiosocket::test

void* operator new(std::size_t bytes) {
    if (fails()) throw std::bad_alloc();
    void* const memory = std::malloc(bytes == 0 ? 1 : bytes);
    if (!memory) throw std::bad_alloc();
    in_use += malloc_usable_size(memory);
    return memory;
}

// From here Asio takes the memory of handlers. It throws std::bad_alloc for null, and frees with free().
extern "C" void* aligned_alloc(std::size_t alignment, std::size_t bytes) noexcept {
    return fails() ? nullptr : memalign(alignment, bytes);
}

void operator delete(void* memory) noexcept {
    if (memory) in_use -= malloc_usable_size(memory);
    std::free(memory);
}

void operator delete(void* memory, std::size_t) noexcept {
    operator delete(memory);
}
