// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <new>

namespace audiosocket::detail {

/// Runs `work()`. Returns false if it found no memory. What it had done until then stays.
template <class Work>
bool unless_memory_is_out(Work work) noexcept {
    try {
        work();
        return true;
    } catch (const std::bad_alloc&) {
        return false;
    }
}

} // namespace audiosocket::detail
