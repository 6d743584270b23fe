// SPDX-License-Identifier: Apache-2.0
#include "daemon/run_daemon.hpp"

#include "daemon/daemon.hpp"

#include <utility>

namespace audiosocket::app {

void run_daemon(const daemon_options& options, settings_reader read_again) {
    auto inherited = inherited_sockets::take();
    auto manager = service_notify::take();
    daemon(options, std::move(read_again), inherited, manager).run();
}

} // namespace audiosocket::app
