// SPDX-License-Identifier: Apache-2.0
#include "daemon/call_findings.hpp"

#include "diagnosis/framing_judge.hpp"

#include <algorithm>

namespace audiosocket::app {

void call_findings::judge(live_call& c, input_format read_as) {
    const call_name which{to_string(c.line().id()), c.line().peer()};
    c.judge(read_as, [this, which](const diagnosis::finding& f) {
        count(f.code);
        report_.found(which, f);
    });
}

void call_findings::ended_early(const boost::asio::ip::tcp::endpoint& peer, const ended_event& why,
                                std::span<const std::byte> first_bytes) {
    const auto found = diagnosis::judge_start(diagnosis::sender::caller, first_bytes);
    if (found) count(found->code);
    report_.ended_early(peer, why, first_bytes, found);
}

finding_counts call_findings::counts() const noexcept {
    finding_counts all{};
    std::ranges::transform(counts_, all.begin(), [](const auto& n) { return n.load(); });
    return all;
}

} // namespace audiosocket::app
