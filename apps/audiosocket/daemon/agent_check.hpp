// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <audiosocket/net/listening_socket.hpp>

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>

#include <chrono>
#include <cstddef>
#include <functional>
#include <memory>
#include <optional>
#include <string>

namespace audiosocket::app {

/// Answers the agent-check of HAProxy: each connection gets one line and is closed. What the peer sends is ignored.
///
/// Runs on one io_context with one thread, where calls may run too. So it accepts at most one connection in
/// `accept_interval`, and holds at most `connections_max`; a further one replaces the oldest.
class agent_check {
  public:
    using answerer = std::function<std::string()>;

    static constexpr std::chrono::milliseconds accept_interval{10};
    static constexpr std::size_t connections_max = 16;

    /// How long a peer may take to close its side after the answer.
    static constexpr std::chrono::seconds patience{2};

    /// Listens at once, or answers on the inherited socket. Throws boost::system::system_error, whose text names the
    /// option, if it cannot listen.
    agent_check(boost::asio::io_context& io, const address& where, std::optional<listening_socket> inherited,
                answerer answer);
    agent_check(const agent_check&) = delete;
    agent_check& operator=(const agent_check&) = delete;
    ~agent_check();

    boost::asio::ip::tcp::endpoint local_endpoint() const;

    /// Returns the descriptor of the listening socket, to pass to a successor.
    int descriptor() const;

    /// Leaves new connections to a successor, and closes the others.
    void stop();

  private:
    struct impl;
    std::shared_ptr<impl> impl_; // shared with operations in progress
};

} // namespace audiosocket::app
