// SPDX-License-Identifier: Apache-2.0
#include "check/load_cases.hpp"

#include <algorithm>

namespace audiosocket::app::check {

std::vector<conformance_case> load_cases() {
    std::vector<conformance_case> all;
    for (const auto& cases : {crowd_cases(), single_call_cases(), restart_cases(), endurance_cases()})
        all.insert(all.end(), cases.begin(), cases.end());
    std::ranges::sort(all, {}, &conformance_case::number);
    return all;
}

} // namespace audiosocket::app::check
