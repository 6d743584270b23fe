// SPDX-License-Identifier: Apache-2.0
#pragma once

/// \file
/// Calls in the languages of voice-AI back ends.

#include <audiosocket/gateway/bridge.hpp>
#include <audiosocket/gateway/call_context.hpp>
#include <audiosocket/gateway/dialect.hpp>
#include <audiosocket/gateway/dialect_output.hpp>
#include <audiosocket/gateway/turn_ledger.hpp>
