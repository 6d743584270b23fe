// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "admin/message.hpp"
#include "admin/metrics.hpp"

#include <audiosocket/net/listening_socket.hpp>

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>

#include <chrono>
#include <cstddef>
#include <memory>

namespace audiosocket::app::admin {

/// Limits of connections to the admin address.
struct http_limits {
    /// A browser opens six connections, a scraper opens one. A new connection replaces the longest silent one, so open
    /// connections cannot keep others out.
    std::size_t connections_max = 32;

    /// A browser sends 0.5 to 2 KiB, including cookies of other services on the same machine.
    std::size_t header_bytes_max = 8 * 1024;

    /// Only a call_directory needs bodies, and then sets this.
    std::size_t body_bytes_max = 1024;

    /// From the first byte of a request to its last, and again for the response. Ends requests that arrive byte by
    /// byte.
    std::chrono::seconds request_time{5};

    /// For the answer. The threads of the calls answer within milliseconds unless they hang.
    std::chrono::seconds answer_time{3};

    /// Delay of the response to a wrong token, so that guessing is slow. A connection that waits for this may be
    /// replaced by a new one, like a silent connection.
    std::chrono::milliseconds guess_time{500};

    /// Between two requests. A longer time, such as the usual interval of a scraper, would only hold descriptors.
    std::chrono::seconds idle_time{20};
};

/// An HTTP/1.1 server for few clients: one request at a time on each connection, with a small body or none.
///
/// Runs on one io_context with one thread.
class http_server {
  public:
    using answerer = std::function<void(const request&, const own_counters&, reply)>;

    /// Answers requests on this socket, which must be open.
    http_server(boost::asio::io_context& io, listening_socket socket, answerer answer, const http_limits& limits = {});
    http_server(const http_server&) = delete;
    http_server& operator=(const http_server&) = delete;
    ~http_server();

    boost::asio::ip::tcp::endpoint local_endpoint() const;

    /// Returns the descriptor of the listening socket, to pass to a successor.
    int descriptor() const;

    /// Leaves the address to another process: accepts no more connections, and closes each open connection after its
    /// next response. Called on the thread of the io_context.
    void stop_accepting();

  private:
    class connection;
    struct impl;
    std::shared_ptr<impl> impl_; // shared with the connections
};

} // namespace audiosocket::app::admin
