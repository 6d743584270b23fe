// SPDX-License-Identifier: Apache-2.0
#include "daemon/report_wording.hpp"

#include "diagnosis/other_protocol.hpp"

#include <fmt/format.h>

#include <utility>

namespace audiosocket::app {

std::string_view refusal_text(refusal why) {
    switch (why) {
    case refusal::network: return "outside of --allow";
    case refusal::full: return "over --max-calls";
    case refusal::host: return "over --max-calls-per-host";
    case refusal::files: return "too few open files left (ulimit -n, LimitNOFILE=)";
    case refusal::options: return "no valid options for this call";
    case refusal::proxy_header: return "no valid PROXY header (--proxy-protocol)";
    }
    return "";
}

std::string refusal_cause(const refusals& sum) {
    const std::string text(refusal_text(sum.first_reason));
    return sum.first_detail.empty() ? text : text + ": " + sum.first_detail;
}

std::string refusal_counts(const refusals& sum) {
    std::string out;
    for (const auto& [why, count] :
         {std::pair{refusal::network, sum.network}, std::pair{refusal::full, sum.full},
          std::pair{refusal::host, sum.host}, std::pair{refusal::files, sum.files},
          std::pair{refusal::options, sum.options}, std::pair{refusal::proxy_header, sum.proxy_header}})
        if (count > 0) out += fmt::format("{}{}: {}", out.empty() ? "" : ", ", refusal_text(why), count);
    return out;
}

std::string no_call_text(const ended_event& why, std::span<const std::byte> first_bytes,
                         const std::optional<diagnosis::finding>& found) {
    if (found) return ": no call: " + to_text(*found);
    if (!why.error) return " connected and closed without a call";
    auto text = ": no call: " + why.error.message();
    if (!first_bytes.empty()) text += fmt::format("; it began with {}", diagnosis::shown(first_bytes));
    return text;
}

} // namespace audiosocket::app
