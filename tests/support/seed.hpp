// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <gtest/gtest.h>

#include <cstdlib>
#include <string>

/// \file
/// Seeds of simulations. A seed names a run. In the environment:
/// AUDIOSOCKET_SEED=<seed> replays only that run; AUDIOSOCKET_SEEDS=<first>-<last> runs these seeds;
/// AUDIOSOCKET_RUNS=<n> runs n times as many. A test that has seeds has the property "seeds", for tools/sim.

namespace audiosocket::test {

/// Calls `run(seed)` for `count` seeds from 1, or for those that the environment names. Stops when `run` returns false.
template <class Run>
void for_each_seed(unsigned count, Run run) {
    unsigned first = 1;
    if (const char* one = std::getenv("AUDIOSOCKET_SEED")) {
        run(static_cast<unsigned>(std::stoul(one)));
        return;
    }
    if (const char* seeds = std::getenv("AUDIOSOCKET_SEEDS")) {
        const std::string text = seeds;
        first = static_cast<unsigned>(std::stoul(text));
        count = static_cast<unsigned>(std::stoul(text.substr(text.find('-') + 1))) - first + 1;
    }
    if (const char* times = std::getenv("AUDIOSOCKET_RUNS")) count *= static_cast<unsigned>(std::stoul(times));
    testing::Test::RecordProperty("seeds", std::to_string(count));
    for (unsigned seed = first; count > 0; ++seed, --count)
        if (!run(seed)) return;
}

/// Returns the text for a failed run.
inline std::string replay(unsigned seed) {
    return "to replay: AUDIOSOCKET_SEED=" + std::to_string(seed);
}

} // namespace audiosocket::test
