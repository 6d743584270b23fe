// SPDX-License-Identifier: Apache-2.0
#include "support/allocations.hpp"

#include <atomic>
#include <cstdlib>
#include <malloc.h>
#include <new>

// The plain forms are enough, because the standard library's other forms (arrays, sized, nothrow) call these. Nothing
// in these tests is over-aligned.

namespace {
std::atomic<std::size_t> count;
std::atomic<std::size_t> live;
} // namespace

namespace audiosocket::test {

std::size_t allocations() noexcept {
    return count;
}

std::size_t live_bytes() noexcept {
    return live;
}

} // namespace audiosocket::test

void* operator new(std::size_t bytes) {
    void* const memory = std::malloc(bytes == 0 ? 1 : bytes);
    if (!memory) throw std::bad_alloc();
    ++count;
    live += malloc_usable_size(memory);
    return memory;
}

void operator delete(void* memory) noexcept {
    if (memory) live -= malloc_usable_size(memory);
    std::free(memory);
}

void operator delete(void* memory, std::size_t) noexcept {
    operator delete(memory);
}
