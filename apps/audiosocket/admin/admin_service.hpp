// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "admin/admin_options.hpp"
#include "admin/server_view.hpp"
#include "live/call_registry.hpp"

#include <audiosocket/net/listening_socket.hpp>

#include <boost/asio/ip/tcp.hpp>

#include <memory>
#include <optional>
#include <string>

namespace audiosocket::app::admin {

/// The admin address of a server: metrics, health, the list of calls, and the live page.
///
/// It has its own thread, with a lower priority than the threads of the calls, and asks those threads in small steps.
/// So requests do not disturb calls. The server and its registry of calls must outlive it. The threads of the calls
/// must run until it is destroyed.
class admin_service {
  public:
    /// Listens at once, or answers on the inherited socket. Throws boost::system::system_error if it cannot listen.
    /// Throws failure (usage) if other machines can reach the inherited socket and there is no token.
    admin_service(const admin_options& options, std::optional<listening_socket> inherited, server_view& server,
                  const call_registry& calls);
    admin_service(const admin_service&) = delete;
    admin_service& operator=(const admin_service&) = delete;
    ~admin_service();

    boost::asio::ip::tcp::endpoint local_endpoint() const;

    /// Returns the descriptor of the listening socket, to pass to a successor. Valid until stop_accepting().
    int descriptor() const;

    /// Leaves new connections to a successor; each open connection gets one more response.
    void stop_accepting();

    /// Replaces the token for further requests; there has to be a token already.
    void change_token(std::string token);

  private:
    struct impl;
    std::unique_ptr<impl> impl_;
};

} // namespace audiosocket::app::admin
