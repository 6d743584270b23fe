// SPDX-License-Identifier: Apache-2.0
#pragma once

/// \file
/// Carries calls to voice-AI back ends, in the WebSocket protocol (dialect) of each.

#include <audiosocket/gateway/bridge.hpp>
#include <audiosocket/gateway/call_context.hpp>
#include <audiosocket/gateway/dialect.hpp>
#include <audiosocket/gateway/dialect_output.hpp>
#include <audiosocket/gateway/round_trip.hpp>
#include <audiosocket/gateway/turn_ledger.hpp>
