// SPDX-License-Identifier: Apache-2.0
#pragma once

/// \file
/// Converts bytes to messages and back. Needs only the standard library.

#include <audiosocket/protocol/decoder.hpp>
#include <audiosocket/protocol/encoder.hpp>
#include <audiosocket/protocol/error.hpp>
#include <audiosocket/protocol/kind.hpp>
#include <audiosocket/protocol/message.hpp>
#include <audiosocket/protocol/uuid.hpp>
