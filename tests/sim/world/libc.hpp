// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "sim/world/kernel.hpp"

#include <dlfcn.h>

#include <cerrno>
#include <ctime>

// What the functions of libc*.cpp share.

namespace audiosocket::sim {

template <class Function>
Function* real(Function*, const char* name) {
    return reinterpret_cast<Function*>(dlsym(RTLD_NEXT, name));
}

// The real function of this name.
#define REAL(name)                                                                                                     \
    ([] {                                                                                                              \
        static const auto found = audiosocket::sim::real(static_cast<decltype(&::name)>(nullptr), #name);              \
        return found;                                                                                                  \
    }())

inline bool ours(int descriptor) noexcept {
    return kernel::present != nullptr && kernel::owns(descriptor);
}

inline kernel& now_in_kernel() {
    kernel::present->system_call();
    return *kernel::present;
}

inline int failed(int error) noexcept {
    errno = error;
    return -1;
}

inline int result_of(int value) noexcept {
    return value < 0 ? failed(-value) : value;
}

inline timespec to_timespec(nanoseconds t) noexcept {
    return {static_cast<time_t>(t.count() / 1'000'000'000), static_cast<long>(t.count() % 1'000'000'000)};
}

inline nanoseconds from_timespec(const timespec& t) noexcept {
    return std::chrono::seconds(t.tv_sec) + nanoseconds(t.tv_nsec);
}

} // namespace audiosocket::sim
