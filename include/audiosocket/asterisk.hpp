// SPDX-License-Identifier: Apache-2.0
#pragma once

/// \file
/// How each release of Asterisk reads and writes AudioSocket, and the limits that follow from that.

#include <audiosocket/asterisk/limits.hpp>
#include <audiosocket/asterisk/reader.hpp>
#include <audiosocket/asterisk/release.hpp>
