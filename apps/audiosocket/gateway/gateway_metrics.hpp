// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "admin/more_metrics.hpp"
#include "gateway/early_calls.hpp"
#include "gateway/gateway_counts.hpp"
#include "gateway/status_sender.hpp"

namespace audiosocket::app::gateway {

/// Returns the metrics of a gateway.
std::vector<admin::metric> metrics_of(const gateway_counts::figures& counted, const early_calls::figures& early,
                                      const status_sender::figures& posted);

} // namespace audiosocket::app::gateway
