// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string_view>

/// \file
/// The version of the library and of the command. The build reads it from here.

#define AUDIOSOCKET_VERSION_MAJOR 0
#define AUDIOSOCKET_VERSION_MINOR 1
#define AUDIOSOCKET_VERSION_PATCH 0

namespace audiosocket {

/// "MAJOR.MINOR.PATCH" of the headers. Until 1.0 a new minor version may change the API.
inline constexpr std::string_view version = "0.1.0";

} // namespace audiosocket
