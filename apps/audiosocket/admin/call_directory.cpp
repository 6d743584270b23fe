// SPDX-License-Identifier: Apache-2.0
#include "admin/call_directory.hpp"

namespace audiosocket::app::admin {

response call_directory::announce_elsewhere(const announcement&, const std::string& why) {
    return error_response(503, why);
}

} // namespace audiosocket::app::admin
