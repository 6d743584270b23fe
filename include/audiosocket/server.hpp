// SPDX-License-Identifier: Apache-2.0
#pragma once

/// \file
/// Serves many calls on several cores.

#include <audiosocket/server/call_server.hpp>
#include <audiosocket/server/context_registry.hpp>
#include <audiosocket/server/serve.hpp>
#include <audiosocket/server/shards.hpp>
