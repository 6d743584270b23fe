// SPDX-License-Identifier: Apache-2.0
#include "admin/call_directory.hpp"

namespace audiosocket::app::admin {

void call_directory::announce_elsewhere(const announcement&, const std::string& why, const reply& respond) {
    respond(error_response(503, why));
}

} // namespace audiosocket::app::admin
