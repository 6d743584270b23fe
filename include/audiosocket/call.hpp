// SPDX-License-Identifier: Apache-2.0
#pragma once

/// \file
/// The rules of one call, without input and output.

#include <audiosocket/call/call_monitor.hpp>
#include <audiosocket/call/call_options.hpp>
#include <audiosocket/call/call_statistics.hpp>
#include <audiosocket/call/call_tally.hpp>
#include <audiosocket/call/duration_histogram.hpp>
#include <audiosocket/call/event.hpp>
#include <audiosocket/call/media_format.hpp>
#include <audiosocket/call/play_result.hpp>
#include <audiosocket/call/session.hpp>
#include <audiosocket/call/session_action.hpp>
