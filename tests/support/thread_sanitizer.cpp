// SPDX-License-Identifier: Apache-2.0
// For tests under ThreadSanitizer.

/// Returns what ThreadSanitizer ignores. GCC 12's libstdc++ is not compiled for it, so it does not see the atomic
/// counter of an exception that a future hands to another thread: the last of the two threads frees it.
extern "C" const char* __tsan_default_suppressions() { // NOLINT: ThreadSanitizer's name
    return "race:std::__exception_ptr::exception_ptr::_M_release\n";
}
