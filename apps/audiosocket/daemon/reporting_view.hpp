// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "admin/server_view.hpp"
#include "daemon/server_report.hpp"

#include <exception>

namespace audiosocket::app {

/// The server as the admin address sees it: the part that only reports what clients did.
class reporting_view : public admin::server_view {
  public:
    /// The report must outlive the first call of a member, and may be constructed later than this.
    explicit reporting_view(server_report& report) : admin_report_(report) {}

    void hung_up_by(const boost::asio::ip::tcp::endpoint& by, const uuid& id, std::size_t calls) override {
        admin_report_.hung_up_by(by, id, calls);
    }

    void wrong_token(const boost::asio::ip::tcp::endpoint& by) override { admin_report_.wrong_token(by); }

    void answering_failed(const char* why) noexcept override {
        try {
            admin_report_.admin_failed(why);
        } catch (const std::exception&) { // without memory for the line there is no line
        }
    }

  private:
    server_report& admin_report_;
};

} // namespace audiosocket::app
