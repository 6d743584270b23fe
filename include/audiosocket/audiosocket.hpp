// SPDX-License-Identifier: Apache-2.0
#pragma once

/// \file
/// Includes the whole library.

#include <audiosocket/asterisk.hpp>
#include <audiosocket/audio.hpp>
#include <audiosocket/call.hpp>
#include <audiosocket/gateway.hpp>
#include <audiosocket/net.hpp>
#include <audiosocket/protocol.hpp>
#include <audiosocket/server.hpp>
#include <audiosocket/version.hpp>
