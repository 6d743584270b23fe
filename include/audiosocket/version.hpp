// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string_view>

/// \file
/// The version of the library and of the command. The build reads it from here.

/// A new major version may change the API.
#define AUDIOSOCKET_VERSION_MAJOR 0
/// A new minor version adds to the API. Before 1.0 it may change the API as well.
#define AUDIOSOCKET_VERSION_MINOR 1
/// A new patch version changes no API.
#define AUDIOSOCKET_VERSION_PATCH 0

namespace audiosocket {

/// "MAJOR.MINOR.PATCH" of the headers.
inline constexpr std::string_view version = "0.1.0";

} // namespace audiosocket
