// SPDX-License-Identifier: Apache-2.0
#pragma once

/// \file
/// Bytes to messages and back; needs nothing but the standard library.

#include <audiosocket/protocol/decoder.hpp>
#include <audiosocket/protocol/encoder.hpp>
#include <audiosocket/protocol/error.hpp>
#include <audiosocket/protocol/kind.hpp>
#include <audiosocket/protocol/message.hpp>
#include <audiosocket/protocol/uuid.hpp>
