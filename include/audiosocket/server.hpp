#pragma once

/// \file
/// Many calls, on many cores.

#include <audiosocket/server/shards.hpp>
