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

/// The admin address of a server: metrics, health, the list of calls, and a page that shows them.
///
/// It has a thread of its own, which yields to those of the calls, and asks them a little at a time; so looking does
/// not disturb. The server and its registry of calls must outlive it, and the threads of the calls must be there until
/// it has gone.
class admin_service {
  public:
    /// Listens at once, or answers on the socket that was inherited. Throws boost::system::system_error if it cannot
    /// listen, failure (usage) if other machines can reach the inherited socket and there is no token.
    admin_service(const admin_options& options, std::optional<listening_socket> inherited, server_view& server,
                  const call_registry& calls);
    admin_service(const admin_service&) = delete;
    admin_service& operator=(const admin_service&) = delete;
    ~admin_service();

    boost::asio::ip::tcp::endpoint local_endpoint() const;

    /// Returns the descriptor of the listening socket, to pass to a successor. Valid until stop_accepting().
    int descriptor() const;

    /// A successor answers from now on; who is connected here is answered once more.
    void stop_accepting();

    /// Who asks from now on has to know this one; where there was none, none can be asked for.
    void change_token(std::string token);

  private:
    struct impl;
    std::unique_ptr<impl> impl_;
};

} // namespace audiosocket::app::admin
