// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "audiosocket.h"

#include <audiosocket/protocol/error.hpp>

#include <exception>
#include <stdexcept>
#include <string>
#include <string_view>

namespace audiosocket::c {

/// An error of the C interface, with its code.
class failure : public std::runtime_error {
  public:
    failure(audiosocket_code code, const std::string& text) : std::runtime_error(text), code_(code) {}

    audiosocket_code code() const noexcept { return code_; }

  private:
    audiosocket_code code_;
};

/// Returns the code of the C interface for an error of the library. AUDIOSOCKET_SYSTEM for those of the system.
audiosocket_code code_of(const error_code& error) noexcept;

/// Copies text into an array and ends it with a null byte. Cuts off what does not fit, between two characters of UTF-8.
void copy_text(std::string_view text, char* to, std::size_t size) noexcept;

/// Returns an argument. Throws failure, with its name, if it is null.
template <class Pointer>
Pointer given(Pointer argument, const char* name) {
    if (!argument) throw failure(AUDIOSOCKET_BAD_ARGUMENT, std::string(name) + " is NULL");
    return argument;
}

/// Writes the exception that is being handled to `error`, unless that is null. Returns its code.
int report(audiosocket_error* error) noexcept;

/// Calls `work`, and returns what it returns. Where it throws, reports that to `error` and returns `refused`.
template <class Result, class Work>
Result guarded(audiosocket_error* error, Result refused, Work work) noexcept {
    try {
        if (error) *error = {};
        return work();
    } catch (...) {
        report(error);
        return refused;
    }
}

/// Calls `work`, which returns a code. Where it throws, reports that to `error` and returns its code.
template <class Work>
int guarded_code(audiosocket_error* error, Work work) noexcept {
    try {
        if (error) *error = {};
        return work();
    } catch (...) {
        return report(error);
    }
}

} // namespace audiosocket::c
