// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>

/// \file
/// The limit of open files (RLIMIT_NOFILE) of this process: each connection and each recording needs one.

namespace audiosocket::app {

/// Returns how many files this process may have open at the same time.
std::size_t file_limit();

/// Returns how far file_limit() can be raised without privileges.
std::size_t file_limit_max();

/// Raises file_limit() to `wanted`, or as far as the system allows if that is less; never lowers it. Returns
/// file_limit().
std::size_t raise_file_limit(std::size_t wanted);

/// Raises file_limit() as far as the system allows, and returns it.
std::size_t raise_file_limit();

} // namespace audiosocket::app
