// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdlib>
#include <string>

/// \file
/// Seeds of simulations. A seed names a run; AUDIOSOCKET_SEED=<seed> in the environment replays only that run.

namespace audiosocket::test {

/// Calls `run(seed)` for `count` seeds from 1, or only for that of AUDIOSOCKET_SEED. AUDIOSOCKET_RUNS=<n> multiplies
/// `count` by `n`. Stops when `run` returns false.
template <class Run>
void for_each_seed(unsigned count, Run run) {
    if (const char* one = std::getenv("AUDIOSOCKET_SEED")) {
        run(static_cast<unsigned>(std::stoul(one)));
        return;
    }
    if (const char* times = std::getenv("AUDIOSOCKET_RUNS")) count *= static_cast<unsigned>(std::stoul(times));
    for (unsigned seed = 1; seed <= count; ++seed)
        if (!run(seed)) return;
}

/// Returns the text for a failed run.
inline std::string replay(unsigned seed) {
    return "to replay: AUDIOSOCKET_SEED=" + std::to_string(seed);
}

} // namespace audiosocket::test
