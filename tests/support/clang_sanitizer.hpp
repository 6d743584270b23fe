// SPDX-License-Identifier: Apache-2.0
#pragma once

namespace audiosocket::test {

/// Whether this was built with sanitizers of Clang. Its UndefinedBehaviorSanitizer opens a pipe to find out whether an
/// address can be read, and reports a fault if it gets no descriptor.
#ifdef __has_feature
inline constexpr bool clang_sanitizer = __has_feature(address_sanitizer);
#else
inline constexpr bool clang_sanitizer = false;
#endif

/// Why a test without descriptors is skipped then.
inline constexpr const char* needs_descriptors =
    "UndefinedBehaviorSanitizer needs a descriptor of its own to look at memory";

} // namespace audiosocket::test
