// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "daemon/daemon_options.hpp"
#include "daemon/server_report.hpp"

namespace audiosocket::app {

/// Returns what a process reports, and in which form.
inline server_report::options report_options(const daemon_options& o) {
    return {o.quiet     ? console::verbosity::quiet
            : o.verbose ? console::verbosity::verbose
                        : console::verbosity::normal,
            o.json, o.json_log, o.listener.calls_max};
}

} // namespace audiosocket::app
