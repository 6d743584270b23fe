// SPDX-License-Identifier: Apache-2.0
#pragma once

/// \file
/// The room asterisk: how the releases of Asterisk read and write AudioSocket, and the limits that follow.

#include <audiosocket/asterisk/limits.hpp>
#include <audiosocket/asterisk/reader.hpp>
#include <audiosocket/asterisk/release.hpp>
