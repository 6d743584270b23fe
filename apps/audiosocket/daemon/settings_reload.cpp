// SPDX-License-Identifier: Apache-2.0
#include "daemon/settings_reload.hpp"

#include <boost/asio/post.hpp>

#include <algorithm>
#include <memory>
#include <utility>

namespace audiosocket::app {

settings_reload::settings_reload(boost::asio::io_context& main, disk_thread& disk, settings_reader read, handler done)
    : main_(main), disk_(disk), read_(std::move(read)), done_(std::move(done)) {}

bool settings_reload::start() {
    asked_again_ = std::exchange(reading_, true);
    if (asked_again_) return false;
    const auto result = std::make_shared<outcome>();
    try {
        boost::asio::post(disk_.get_executor(), [this, result] {
            try {
                result->fresh = read_();
            } catch (const std::exception& e) {
                result->mistakes = e.what();
            }
            post_back(main_, [this, result] {
                reading_ = false;
                result->asked_again = std::exchange(asked_again_, false);
                done_(result);
            });
        });
    } catch (const std::bad_alloc&) {
        reading_ = false;
        throw;
    }
    return true;
}

void take_token(admin::admin_service& at, std::string& current, const std::string& fresh, settings_changes& changes) {
    const std::string setting = "admin-token-file";
    const bool same_file = std::ranges::count(changes.need_restart, setting) == 0;
    if (!same_file || fresh == current) return;
    at.change_token(current = fresh);
    changes.taken.push_back(setting);
}

} // namespace audiosocket::app
