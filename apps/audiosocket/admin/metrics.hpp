// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "admin/more_metrics.hpp"
#include "admin/snapshot.hpp"

#include <audiosocket/server/context_registry.hpp>

#include <string>

namespace audiosocket::app::admin {

/// Counters of the admin address itself.
struct own_counters {
    std::uint64_t connections = 0;
    std::uint64_t connections_closed_early = 0; ///< To admit others, or because of what they sent.
    std::uint64_t requests = 0;
    std::uint64_t requests_refused = 0; ///< Without the token, or from a page of another site.
};

/// Returns all metrics in the text format of Prometheus (docs/monitoring.md explains them).
std::string metrics_text(const snapshot& s, const own_counters& own, const context_registry_counts& contexts,
                         const std::vector<metric>& of_verb);

/// Content-Type of /metrics.
inline constexpr const char* metrics_type = "text/plain; version=0.0.4; charset=utf-8";

} // namespace audiosocket::app::admin
